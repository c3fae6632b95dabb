import type { z } from "zod";
import type { batchSchema } from "../../../install/batch.ts";
import { exampleIds, exampleTimes } from "./ids.ts";
import { exampleRequest } from "./installs.ts";

const { installId, batchId, workspaceId, connectorId, channelId } = exampleIds;
const { createdAt, completedAt } = exampleTimes;

const running = {
  id: batchId,
  name: "march",
  requestedBy: "crm",
  status: "running",
  rows: 3,
  accepted: 1,
  attached: 1,
  rejected: 1,
  queued: 0,
  awaiting: 1,
  completed: 1,
  failed: 0,
  cancelled: 0,
  createdAt,
} as const satisfies z.input<typeof batchSchema>;

const finished = {
  ...running,
  status: "finished",
  awaiting: 0,
  completed: 2,
  finishedAt: completedAt,
} as const;

/** A batch while it runs, and when it has ended. */
export const exampleBatches = { running, finished } as const;

export const batchAnswers = {
  "createBatch 202": running,
  "createBatch 200": {
    errors: [
      {
        row: 2,
        line: 3,
        errors: [{ path: "/phoneNumber", message: "has 3 digits after +1 where numbers have 10" }],
        input: { ...exampleRequest, phoneNumber: "+1 415" },
      },
    ],
    file: {
      format: "csv",
      encoding: "utf-8",
      delimiter: ";",
      columns: [
        { column: 1, name: "Phone", member: "phoneNumber" },
        { column: 2, name: "Nmae", suggestions: ["name"] },
      ],
    },
    rows: 3,
    valid: 2,
    created: 1,
    attached: 0,
    installed: 1,
    blocked: 0,
    rejected: 1,
    finishMs: 3,
    finishBasis: "budget",
  },
  "listBatches 200": { items: [finished] },
  "getBatch 200": {
    ...finished,
    failuresByCode: [],
    rejectsByFault: [
      {
        fault: 1,
        code: "invalid_request",
        path: "/phoneNumber",
        message: "has 3 digits after +1 where numbers have 10",
        count: 1,
        rows: [3],
      },
    ],
    recentFailures: [],
    samples: [{ at: completedAt, ended: 2, failed: 1, cancelled: 0 }],
  },
  "listBatchRows 200": {
    items: [
      {
        row: 1,
        line: 2,
        status: "completed",
        installStatus: "completed",
        name: "Acme support",
        phoneNumber: "+14155550123",
        workspaceId,
        installId,
        connectorId,
        channelId,
        updatedAt: completedAt,
      },
    ],
    nextCursor: "1",
  },
  "pauseBatch 200": { ...running, status: "paused" },
  "resumeBatch 200": running,
  "cancelBatch 200": { ...running, status: "cancelled" },
  "retryBatch 200": { matched: 2, retried: 2, refused: [] },
} as const;
