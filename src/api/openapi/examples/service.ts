import type { Stats } from "../../../install/stats.ts";
import { exampleTimes } from "./ids.ts";

const { createdAt, completedAt } = exampleTimes;

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

export const serviceAnswers = {
  "health 200": { status: "ok" },
  "ready 200": { status: "ok" },
  "signIn 200": session,
  "getSession 200": { ...session, signedInBy: "apiKey", endsAt: undefined },
  "signOut 200": { signedOut: true },
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
} as const;
