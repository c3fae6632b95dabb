import { exampleIds, exampleTimes } from "./ids.ts";

const { workspaceId, connectorId, channelId } = exampleIds;
const { createdAt, completedAt } = exampleTimes;

export const eventAnswers = {
  "listEvents 200": {
    items: [
      {
        state: "refused",
        reason: "bad_signature",
        count: 12,
        action: "Compare the signing key and WEBHOOK_PUBLIC_URL with the subscription, to the letter.",
        firstAt: createdAt,
        lastAt: completedAt,
      },
    ],
  },
  "listUnmatchedEvents 200": {
    items: [
      {
        connectorId,
        channelId,
        channelStatus: "active",
        workspaceId,
        identifier: "+14155550123",
        arrivedAt: completedAt,
      },
    ],
  },
  "listUnreadableEvents 200": {
    items: [
      {
        id: "01M8K2ZF340A9VCTMNHBHYFMX8",
        reason: "The event names no connector and no channel.",
        workspaceId,
        body: '{"event":"channel.created"}',
        bytes: 27,
        arrivedAt: completedAt,
      },
    ],
  },
} as const;
