import type { FaultRule } from "../../../src/sandbox/faults/rule.ts";

/** One way an install's life can go. */
export interface CrashOrder {
  readonly name: string;
  readonly faults: readonly FaultRule[];
  /** From connector to event. */
  readonly channelDelayMs: number;
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  readonly completedBy: "webhook" | "poll";
  /** The install fails for want of an event before it is healed by one. */
  readonly healed?: boolean;
  /** The event is stored while no one can wake its install: see `leave-behind.ts`. */
  readonly leftBehind?: boolean;
  /** Somebody wants to hear of the outcome: a notification is to be on its queue, once. */
  readonly isTold?: boolean;
  /** Points that must be among those found, so that a blind watcher cannot pass. */
  readonly mustSee: Readonly<Record<"worker" | "webhook", readonly string[]>>;
}

/** Longer than a test waits. */
const neverMs = 60_000;
const waitsForEvent = {
  channelDelayMs: 300,
  firstPollMs: neverMs,
  deadlineMs: 10 * neverMs,
  completedBy: "webhook",
} as const;
const post = "POST /workspaces/:id/connectors #1";

export const crashOrders: readonly CrashOrder[] = [
  {
    ...waitsForEvent,
    name: "event first",
    faults: [{ fault: { kind: "event_before_answer" } }],
    mustSee: {
      worker: [`${post} sent`, "perchBind #1 before", "perchBind #1 after", "moveToFinished #1 before"],
      webhook: ["perchArrive #1 before"],
    },
  },
  {
    ...waitsForEvent,
    name: "answer first",
    faults: [],
    mustSee: {
      worker: [`${post} sent`, "perchBind #1 before", "perchBind #1 after"],
      webhook: ["perchArrive #1 before", "perchArrive #1 after"],
    },
  },
  {
    ...waitsForEvent,
    name: "answer lost",
    // Later than the look that finds the connector.
    channelDelayMs: 1000,
    faults: [{ fault: { kind: "answer_lost" } }],
    mustSee: {
      worker: ["perchAmend #1 before", "GET /workspaces/:id/connectors #1 after", "perchBind #1 before"],
      webhook: ["perchArrive #1 before", "perchArrive #1 after"],
    },
  },
  {
    ...waitsForEvent,
    name: "event first, answer lost",
    faults: [{ fault: { kind: "event_before_answer" } }, { fault: { kind: "answer_lost" } }],
    mustSee: {
      worker: ["GET /workspaces/:id/connectors #1 after", "perchBind #1 before", "perchBind #1 after"],
      webhook: ["perchArrive #1 after"],
    },
  },
  {
    ...waitsForEvent,
    name: "outcome told",
    faults: [{ fault: { kind: "event_before_answer" } }],
    isTold: true,
    mustSee: {
      worker: ["zadd outbox #1 before", "moveToFinished #1 after", "perchTold #1 before"],
      webhook: [],
    },
  },
  {
    name: "no event",
    faults: [{ fault: { kind: "event_never" } }],
    channelDelayMs: 0,
    firstPollMs: 500,
    deadlineMs: neverMs,
    completedBy: "poll",
    mustSee: {
      worker: [
        "perchBind #1 after",
        "GET /workspaces/:id/connectors/:id #1 sent",
        "moveToFinished #1 before",
      ],
      webhook: [],
    },
  },
  {
    ...waitsForEvent,
    name: "event left behind",
    faults: [{ fault: { kind: "event_never" } }],
    leftBehind: true,
    mustSee: {
      worker: ["hget conn #1 before", "promote #1 before", "promote #1 after", "perchTake #1 after"],
      webhook: [],
    },
  },
  {
    name: "event too late",
    faults: [
      { fault: { kind: "event_late", delayMs: 3000 } },
      { operation: "getConnector", fault: { kind: "status", status: 403 } },
      { operation: "listChannels", fault: { kind: "status", status: 403 } },
    ],
    channelDelayMs: 0,
    firstPollMs: 500,
    // The second look is the last.
    deadlineMs: 1250,
    completedBy: "webhook",
    healed: true,
    mustSee: {
      worker: ["perchAmend #2 before", "moveToFinished #1 before", "perchTake #3 after"],
      webhook: ["promote #1 before", "reprocessJob #1 before"],
    },
  },
];
