import type { z } from "zod";
import { foreignDetails } from "../../http/guard-local.ts";
import { type Problem, type ProblemCode, type ProblemStatus, problemBody } from "../../http/problem.ts";
import type { batchSchema } from "../../install/batch.ts";
import type { connectLinkSchema } from "../../install/connect-link.ts";
import type { installSchema, installWithTimelineSchema } from "../../install/install.ts";
import type { Stats } from "../../install/stats.ts";
import { exampleIds } from "./example-ids.ts";

const { installId, batchId, workspaceId, connectorId, channelId, notificationId, connectLinkId } = exampleIds;
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

const queuedInput = {
  workspaceId,
  name: queued.name,
  wabaId: queued.wabaId,
  phoneId: queued.phoneId,
} as const;

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

/** A batch while it runs, and when it has ended. */
export const exampleBatches = { running, finished } as const;

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

const link = {
  id: connectLinkId,
  status: "open",
  workspaceId,
  name: "Acme support",
  metadata: { customer: "42" },
  requestedBy: "crm",
  createdAt,
  expiresAt: "2026-12-06T07:23:12.139Z",
  updatedAt: createdAt,
} as const satisfies z.input<typeof connectLinkSchema>;

const session = {
  name: "crm",
  scopes: ["write"],
  allows: ["read", "messages", "write"],
  signedInBy: "session",
  endsAt: "2026-11-29T19:23:12.139Z",
  version: "0.1.0",
  isSandbox: false,
  redis: "rediss://redis.internal:6379/0",
} as const;
export const exampleStats = {
  at: completedAt,
  now: {
    inFlight: 3,
    installs: {
      queued: 1,
      submitting: 1,
      awaiting_channel: 1,
      retrying: 0,
      held: 0,
      completed: 40,
      failed: 2,
      cancelled: 0,
    },
    paused: 0,
    oldestMs: { waiting: 120, overdue: 0, event: 0, unmatched: 0, notification: 0, outcome: 0 },
    heldWorkspaces: { rate_limited: 0, unauthorized: 0 },
    events: { unmatched: 0, notConsumed: 0, unreadable: 0 },
    notifications: { pending: 0, delivered: 42, dead: 0 },
    batches: { running: 1, paused: 0, halted: 0 },
    pace: { endedLastMinute: 42, ready: 1, finishMs: 1429 },
    processes: [{ role: "start", host: "perch-1", processId: 4711, shards: 1, seenAt: createdAt }],
    redis: [{ server: "127.0.0.1:6379", usedBytes: 12_582_912, limitBytes: 1_073_741_824 }],
  },
  hours: [
    {
      from: "2026-11-29T07:00:00.000Z",
      isOver: false,
      created: 45,
      kept: { completed: 40, failed: 2 },
      ended: { completed: 40, failed: 2, cancelled: 0 },
      failuresByCode: [{ code: "rejected_by_bird", count: 2 }],
      createToEvent: { count: 40, p50Ms: 50, p95Ms: 95, buckets: [{ upToMs: 100, count: 40 }] },
      birdAnswers: {
        "2xx": 40,
        "3xx": 0,
        "4xx": 2,
        "429": 0,
        "5xx": 0,
        unanswered: 0,
        not_sent: 0,
        withheld: 0,
      },
    },
  ],
  countedEveryMs: 5000,
} as const satisfies Stats;

const hold = {
  reason: "unauthorized",
  until: "2026-11-29T07:33:12.000Z",
  since: "2026-11-29T07:23:12.000Z",
} as const;

const workspace = {
  workspaceId,
  hold,
  subscription: {
    status: "present",
    checkedAt: createdAt,
    url: `https://perch.example.com/webhooks/bird/${workspaceId}`,
  },
  installs: 2,
  heldInstalls: 1,
  newestByStatus: {
    queued: 0,
    submitting: 0,
    awaiting_channel: 0,
    retrying: 0,
    held: 1,
    completed: 1,
    failed: 0,
    cancelled: 0,
  },
  hasOwnAccessKey: false,
  lastEventAt: completedAt,
  budgetAheadMs: 0,
} as const;

/** A real answer for each operation and good status with a body of JSON. */
export const answerExamples: Readonly<Record<string, unknown>> = {
  "health 200": { status: "ok" },
  "ready 200": { status: "ok" },
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
  "createBatch 202": running,
  "createBatch 200": {
    errors: [
      {
        row: 2,
        line: 3,
        errors: [{ path: "/phoneNumber", message: "has 3 digits after +1 where numbers have 10" }],
        input: { ...queuedInput, phoneNumber: "+1 415" },
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
  "getWorkspace 200": workspace,
  "listWorkspaces 200": { items: [workspace], isComplete: true },
  "prepareWorkspace 200": {
    workspaceId,
    status: "created",
    url: `https://perch.example.com/webhooks/bird/${workspaceId}`,
  },
  "storeAccessKey 200": { workspaceId, accessKey: "stored", woken: 1 },
  "removeAccessKey 200": { workspaceId, accessKey: "removed" },
  "resumeWorkspace 200": { workspaceId, lifted: hold, woken: 1 },
  "signIn 200": session,
  "getSession 200": { ...session, signedInBy: "apiKey", endsAt: undefined },
  "signOut 200": { signedOut: true },
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
  "createConnectLink 201": {
    id: connectLinkId,
    url: `https://connect.example.com/c/${connectLinkId}#kJ8vQ2mB5xR7tY1nW4cZ9dF3gH6jK0lPsA2uV5oE`,
    expiresAt: link.expiresAt,
    status: "open",
  },
  "listConnectLinks 200": { items: [link] },
  "getConnectLink 200": {
    ...link,
    status: "connected",
    installId,
    signupEvent: "FINISH",
    openedAt: createdAt,
    updatedAt: completedAt,
  },
  "revokeConnectLink 200": { ...link, status: "revoked" },
  "getStats 200": exampleStats,
  "runDoctor 200": {
    ok: true,
    ranAt: completedAt,
    checks: [
      {
        id: "redis_persistence",
        status: "warn",
        summary:
          "Redis writes to disk with appendfsync everysec: a crash of its machine loses what was acknowledged last.",
        fix: 'Run "redis-cli CONFIG SET appendfsync always" and put "appendfsync always" into its configuration.',
      },
      { id: "redis", status: "ok", summary: "The Redis at REDIS_URL answers." },
    ],
  },
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
};

const problem = (
  status: ProblemStatus,
  code: ProblemCode,
  detail: string,
  more: Pick<Problem, "errors" | "reason"> = {},
): unknown =>
  JSON.parse(problemBody({ status, code, detail, ...more }, "f5392026-0d41-4175-b551-81d6e965485f"));

/** Of a route that needs no key. */
export const notLoopbackExample = problem(403, "host_not_allowed", foreignDetails.host_not_allowed);

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
    "Send the body with its content-type: application/json, or for the file of a batch text/csv, application/x-ndjson or that of .xlsx.",
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
