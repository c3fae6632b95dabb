import { messageId } from "../../../queue/outbox/data.ts";

const installId = "01M8K2ZEVP0X2NZT5ES65W9MSP";

/** Ids that the document's examples have in common. */
export const exampleIds = {
  installId,
  connectLinkId: "lnk_01M8K2ZEVQ0C5Y3N8T2B7R4XWD",
  batchId: "01M8K2ZF2SNX0YNH3GT8A2C7GP",
  workspaceId: "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10",
  connectorId: "6c90415d-c4be-4999-b89c-08055fd9bf3a",
  channelId: "13b5339b-da44-4b59-a33d-5df436c6a41b",
  notificationId: messageId({ type: "install.completed", subjectId: installId, generation: 1 }),
} as const;

/** When what the examples show was made, and when it completed. */
export const exampleTimes = {
  createdAt: "2026-11-29T07:23:12.139Z",
  completedAt: "2026-11-29T07:23:12.254Z",
} as const;
