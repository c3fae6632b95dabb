import { exampleIds, exampleTimes } from "./ids.ts";

const { installId, workspaceId, notificationId } = exampleIds;
const { completedAt } = exampleTimes;

const notification = {
  id: notificationId,
  type: "install.completed",
  url: "https://crm.example.com/perch",
  status: "failed",
  subjectId: installId,
  workspaceId,
  attempts: 10,
  createdAt: completedAt,
  lastAttemptAt: completedAt,
  lastStatus: 500,
  lastError: "The receiver answered 500.",
} as const;

export const notificationAnswers = {
  "getNotification 200": {
    ...notification,
    deliveries: [{ at: completedAt, status: 500, durationMs: 42, error: "The receiver answered 500." }],
  },
  "listNotifications 200": { items: [notification] },
  "listNotificationReceivers 200": {
    items: [
      {
        url: notification.url,
        isCallback: false,
        delivered: 42,
        pending: 0,
        failing: 1,
        dead: 2,
        successRate: 0.933,
        lastAttemptAt: completedAt,
        lastStatus: 500,
        lastError: "The receiver answered 500.",
      },
    ],
    counted: 45,
    isComplete: true,
  },
  "resendNotifications 200": { matched: 2, resent: 2, refused: [], isComplete: true },
  "sendTestEvent 200": {
    id: "msg_test_01KB6Z3V9N1YF0T4C8M2R5W7XE",
    isDelivered: true,
    status: 204,
    durationMs: 42,
  },
  "resendNotification 200": { ...notification, status: "pending", nextAttemptAt: "2026-11-29T07:40:00.000Z" },
} as const;
