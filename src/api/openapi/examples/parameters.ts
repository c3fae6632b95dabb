import { z } from "zod";
import { exampleIds } from "./ids.ts";

const { installId, batchId, connectLinkId, workspaceId, connectorId, channelId, notificationId } = exampleIds;

/** A value for each parameter: by operation and name, by tag and name, or by name where all operations mean the same. */
const parameterExamples: Readonly<Record<string, unknown>> = {
  "installs id": installId,
  "batches id": batchId,
  "workspaces id": workspaceId,
  "notifications id": notificationId,
  "connect id": connectLinkId,
  "connect cursor": `1795936992254_${connectLinkId}`,
  "listConnectLinks status": ["open", "opened"],
  "installs cursor": installId,
  "batches cursor": batchId,
  "listEvents state": "refused",
  "listEvents cursor": "1795936992254_MGI2ZjJmMGM6NmM5MDQxNWQ",
  "listUnmatchedEvents cursor": "1795936992254_MGI2ZjJmMGM6NmM5MDQxNWQ",
  "listUnreadableEvents cursor": "1795936992254-0",
  "notifications cursor": `1795936992254_${notificationId}`,
  "listInstalls status": ["failed", "cancelled"],
  "getBatchResults status": "failed",
  "listNotifications status": "failed",
  "workspaces cursor": workspaceId,
  "listWorkspaces q": "0b6f",
  "listInstalls name": "acme",
  "createBatch name": "march",
  "listBatches status": ["running", "paused"],
  "listBatchRows status": ["failed", "rejected"],
  "listBatchRows cursor": "50",
  "idempotency-key": "order-7",
  "perch-access-token": "EAAG-long-lived-token",
  batchId,
  installId,
  canary: 5,
  channelId,
  code: "rejected_by_bird",
  connectorId,
  createdFrom: "2026-11-28",
  createdTo: "2026-11-29",
  checkMeta: false,
  dryRun: true,
  encoding: "windows-1252",
  errorCode: "rejected_by_bird",
  fault: "1",
  format: "csv",
  haltAt: 20,
  held: true,
  hours: 48,
  rotate: false,
  ignoreUnknownColumns: true,
  limit: 20,
  map: ["Name=name"],
  // Without a plus sign, which many clients put into a query as it is, where it means a space.
  phoneNumber: "0014155550123",
  set: ["priority=bulk"],
  q: "acme",
  sheet: "Numbers",
  order: "created",
  stuck: false,
  since: "2h",
  url: "https://crm.example.com/perch",
  wait: 30,
  workspace: workspaceId,
  workspaceId,
};

const operationSchema = z.object({ operationId: z.string(), tags: z.array(z.string()) });

/** The example of an operation's parameter; undefined: there is none. */
export const parameterExample = (operation: unknown, name: string): unknown => {
  const { operationId, tags } = operationSchema.parse(operation);
  const keys = [...[operationId, ...tags].map((place) => `${place} ${name}`), name];
  return keys.map((key) => parameterExamples[key]).find((example) => example !== undefined);
};
