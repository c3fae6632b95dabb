import type { z } from "zod";
import { type Problem, type ProblemCode, type ProblemStatus, problemBody } from "../../http/problem.ts";
import type { batchSchema } from "../../install/batch.ts";
import type { installSchema } from "../../install/install.ts";
import { messageId } from "../../queue/outbox/data.ts";

const installId = "01M8K2ZEVP0X2NZT5ES65W9MSP";
const batchId = "01M8K2ZF2SNX0YNH3GT8A2C7GP";
const workspaceId = "0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10";
const connectorId = "6c90415d-c4be-4999-b89c-08055fd9bf3a";
const channelId = "13b5339b-da44-4b59-a33d-5df436c6a41b";
const createdAt = "2026-11-29T07:23:12.139Z";
const completedAt = "2026-11-29T07:23:12.254Z";

const queued = {
  id: installId,
  status: "queued",
  workspaceId,
  name: "Acme support",
  wabaId: "102290129340398",
  phoneId: "106540352242922",
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

const notification = {
  id: messageId({ type: "install.completed", subjectId: installId, generation: 1 }),
  type: "install.completed",
  url: "https://crm.example.com/perch",
  status: "failed",
  subjectId: installId,
  workspaceId,
  attempts: 10,
  createdAt: completedAt,
  lastStatus: 500,
  lastError: "The receiver answered 500.",
} as const;

const hold = { reason: "unauthorized", until: "2026-11-29T07:33:12.000Z" } as const;

/** A real answer for each operation and good status with a body of JSON. */
export const answerExamples: Readonly<Record<string, unknown>> = {
  "health 200": { status: "ok" },
  "ready 200": { status: "ok" },
  "createInstall 202": queued,
  "createInstall 200": completed,
  "getInstall 200": {
    ...completed,
    timeline: [
      { at: createdAt, what: "queued", requestedBy: "crm" },
      { at: "2026-11-29T07:23:12.215Z", what: "connector created", connectorId },
      { at: "2026-11-29T07:23:12.250Z", what: "event from Bird matched" },
      { at: completedAt, what: "completed", completedBy: "webhook" },
    ],
  },
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
  "uninstall 200": {
    ...completed,
    updatedAt: "2026-11-29T09:10:11.515Z",
    uninstalledAt: "2026-11-29T09:10:11.515Z",
  },
  "sendTestMessage 200": { messageId: "7bb4255e-88db-48ae-8807-f08b39f82bb8", status: "accepted" },
  "createBatch 202": running,
  "createBatch 200": {
    errors: [
      {
        row: 2,
        line: 3,
        errors: [{ path: "/phoneNumber", message: "has 3 digits after +1 where numbers have 10" }],
      },
    ],
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
  "getBatch 200": { ...finished, recentFailures: [], failuresByCode: [] },
  "pauseBatch 200": { ...running, status: "paused" },
  "resumeBatch 200": running,
  "cancelBatch 200": { ...running, status: "cancelled" },
  "retryBatch 200": { matched: 2, retried: 2, refused: [] },
  "getWorkspace 200": { workspaceId, hold, installs: 2, heldInstalls: 1 },
  "resumeWorkspace 200": { workspaceId, lifted: hold, woken: 1 },
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
  "listNotifications 200": { items: [notification] },
  "resendNotification 200": { ...notification, status: "pending", nextAttemptAt: "2026-11-29T07:40:00.000Z" },
};

const problem = (
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  more: Pick<Problem, "errors" | "reason"> = {},
): unknown =>
  JSON.parse(problemBody({ status, code, detail, ...more }, "f5392026-0d41-4175-b551-81d6e965485f"));

/** A real problem for each status. */
export const problemExamples: Readonly<Record<string, unknown>> = {
  400: problem(400, "invalid_json", "The body is not JSON: check its commas, quotes and brackets."),
  401: problem(
    401,
    "unauthenticated",
    "Send an API key: Authorization: Bearer KEY. perch keys api makes one.",
  ),
  403: problem(403, "forbidden", "This needs a key with the scope admin; crm has write."),
  404: problem(
    404,
    "install_not_found",
    `There is no install ${installId}: check the id; ended installs are kept for RETENTION_MS.`,
  ),
  405: problem(405, "method_not_allowed", "The route has other methods: see the header Allow."),
  408: problem(
    408,
    "upload_too_slow",
    "Less than 1024 bytes of the file came within a minute: send the same file again, and it goes on.",
  ),
  409: problem(409, "wrong_state", "The install has ended already: it is completed."),
  413: problem(
    413,
    "too_large",
    "The body is too large: an install has at most 64 KiB, a retry of a batch 2 MiB, a file no limit.",
  ),
  414: problem(414, "bad_request", "The address is too long."),
  415: problem(
    415,
    "unsupported_media_type",
    "Send the body with its content-type: application/json, or for the file of a batch text/csv or application/x-ndjson.",
  ),
  422: problem(
    422,
    "invalid_request",
    "The body of the request breaks its schema: correct what errors names.",
    {
      errors: [
        { path: "/phoneNumber", message: "has 3 digits after +1 where numbers have 10" },
        { path: "/accessToken", message: "is missing: send it, or the signupCode of the embedded signup" },
      ],
    },
  ),
  429: problem(429, "too_many_requests", "This key may send 200 requests a second: come again in a second."),
  431: problem(431, "bad_request", "The headers are too large."),
  500: problem(500, "internal", "Perch failed in a way it does not know: the log has this request's id."),
  502: problem(
    502,
    "unauthorized",
    "Bird did not delete the connector: it refused the access key. Set a valid BIRD_ACCESS_KEY with a role.",
  ),
  503: problem(
    503,
    "unavailable",
    "Redis cannot be reached. Send the request again: a repeat creates nothing twice.",
    { reason: "unreachable" },
  ),
} satisfies Record<ProblemStatus, unknown>;
