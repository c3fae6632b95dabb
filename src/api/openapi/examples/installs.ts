import type { z } from "zod";
import type { installSchema, installWithTimelineSchema } from "../../../install/install.ts";
import { exampleIds, exampleTimes } from "./ids.ts";

const { installId, workspaceId, connectorId, channelId } = exampleIds;
const { createdAt, completedAt } = exampleTimes;

/** What requests and rows of a file have in common. */
export const exampleRequest = {
  workspaceId,
  name: "Acme support",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
} as const;

const queued = {
  id: installId,
  status: "queued",
  ...exampleRequest,
  phoneNumber: "+14155550123",
  metadata: { customer: "42" },
  requestedBy: "crm",
  attempts: 0,
  createdAt,
  updatedAt: createdAt,
} as const satisfies z.input<typeof installSchema>;

const completed = {
  ...queued,
  status: "completed",
  connectorId,
  channelId,
  channelStatus: "active",
  attempts: 1,
  completedBy: "webhook",
  updatedAt: completedAt,
  completedAt,
} as const satisfies z.input<typeof installSchema>;

const queuedStep = { at: createdAt, what: "queued", requestedBy: "crm" } as const;

/** An install with its timeline while it waits, and when it has ended. */
export const exampleInstalls = {
  queued: { ...queued, timeline: [queuedStep] },
  completed: {
    ...completed,
    timeline: [
      queuedStep,
      { at: "2026-11-29T07:23:12.215Z", what: "connector created", connectorId },
      { at: "2026-11-29T07:23:12.250Z", what: "event from Bird matched" },
      { at: completedAt, what: "completed", completedBy: "webhook" },
    ],
  },
} as const satisfies Record<string, z.input<typeof installWithTimelineSchema>>;

export const installAnswers = {
  "createInstall 202": queued,
  "createInstall 200": completed,
  "getInstall 200": exampleInstalls.completed,
  "listInstalls 200": { items: [completed] },
  "retryInstall 200": { ...queued, updatedAt: completedAt },
  "cancelInstall 200": {
    ...queued,
    cancellation: {
      requestedAt: completedAt,
      undone: [],
      notUndone: ["The run that is under way has to end first."],
    },
  },
  "retryInstalls 200": { matched: 2, retried: 2, refused: [], isComplete: true },
  "cancelInstalls 200": { matched: 2, cancelled: 2, refused: [], isComplete: true },
  "uninstall 200": {
    ...completed,
    updatedAt: "2026-11-29T09:10:11.515Z",
    uninstalledAt: "2026-11-29T09:10:11.515Z",
  },
  "sendTestMessage 200": { messageId: "7bb4255e-88db-48ae-8807-f08b39f82bb8", status: "accepted" },
} as const;
