import assert from "node:assert/strict";
import test from "node:test";
import { DelayedError } from "bullmq";
import { createLog } from "../../../src/log.ts";
import { choresInHandMax, createProcessChore } from "../../../src/worker/chores/process.ts";
import { never } from "./run-fixture.ts";

type Deps = Parameters<typeof createProcessChore>[0];

const sweep = { kind: "sweep" };
const moveBatch = { kind: "move_batch", batchId: "a" };
const lookUp = { kind: "find_connector", workspaceId: "w1", channelId: "ch1", status: "active" };

const jobOf = (data: object) => {
  const delays: { readonly untilMs: number; readonly token: string | undefined }[] = [];
  return {
    id: "job",
    data,
    moveToDelayed: async (untilMs: number, token?: string) => void delays.push({ untilMs, token }),
    delays,
  };
};

const setUp = (change: Partial<Deps> = {}) => {
  const calls: string[] = [];
  const kept: { readonly body: string; readonly reason: string }[] = [];
  const lines: string[] = [];
  const note =
    <T>(what: string, answer: T) =>
    async () => {
      calls.push(what);
      return answer;
    };
  const processChore = createProcessChore({
    sweep: note("events", { seen: 0, woken: 0, dropped: 0 }),
    sweepOutbox: note("outcomes", { notified: 0, failed: 0, waiting: 0, dropped: 0 }),
    sweepLinks: note("links", 0),
    sweepHolds: note("holds", undefined),
    sweepBatches: note("batches", undefined),
    removeExpired: note("remove", undefined),
    renewSome: note("renew", undefined),
    unmarkSome: note("unmark", undefined),
    findWorkspaces: note("workspaces", undefined),
    repairJobs: note("repair", []),
    moveBatch: never,
    forward: never,
    unreadable: {
      keep: async ({ body, reason }) => void kept.push({ body: body.toString(), reason }),
    },
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    ...change,
  });
  return { processChore, calls, kept, lines };
};

test("a sweep looks at all that may be left behind, and says nothing when nothing was", async () => {
  const { processChore, calls, lines } = setUp();
  await processChore(jobOf(sweep), "token");
  assert.deepEqual(calls, [
    "events",
    "outcomes",
    "links",
    "repair",
    "holds",
    "batches",
    "renew",
    "unmark",
    "workspaces",
    "remove",
  ]);
  assert.deepEqual(lines, []);
});

for (const [what, change, says] of [
  ["events", { sweep: async () => ({ seen: 1, woken: 1, dropped: 0 }) }, { seen: 1, woken: 1 }],
  [
    "outcomes",
    { sweepOutbox: async () => ({ notified: 1, failed: 0, waiting: 0, dropped: 0 }) },
    { told: 1 },
  ],
  [
    "outcomes that cannot be told",
    { sweepOutbox: async () => ({ notified: 0, failed: 1, waiting: 0, dropped: 0 }) },
    { failed: 1 },
  ],
  ["links that were broken off", { sweepLinks: async () => 2 }, { links: 2 }],
  ["jobs without data", { repairJobs: async () => ["i1"] }, { jobId: "i1" }],
] as const) {
  test(`a sweep that found ${what} says so`, async () => {
    const { processChore, lines } = setUp(change);
    await processChore(jobOf(sweep), "token");
    assert.equal(lines.length, 1);
    assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), says);
  });
}

test("a third move of a batch comes again in half a second, so that a sweep finds room; a place that is left is taken", async () => {
  const ends: (() => void)[] = [];
  const { processChore, calls } = setUp({
    moveBatch: (batchId) => {
      assert.equal(batchId, "a");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      ends.push(ends.length === 0 ? resolve : () => reject(new Error("Redis is away")));
      return promise;
    },
  });
  const moves = [processChore(jobOf(moveBatch), "token"), processChore(jobOf(moveBatch), "token")];
  assert.ok(ends.length < choresInHandMax);
  const third = jobOf(moveBatch);
  const beforeMs = Date.now();
  await assert.rejects(processChore(third, "token"), DelayedError);
  const [delay] = third.delays;
  assert.ok(delay && delay.untilMs >= beforeMs + 500 && delay.untilMs <= Date.now() + 500);
  assert.equal(delay.token, "token");
  await processChore(jobOf(sweep), "token");
  assert.ok(calls.includes("events"));
  for (const end of ends) end();
  const [first, second] = await Promise.allSettled(moves);
  assert.deepEqual([first?.status, second?.status], ["fulfilled", "rejected"]);
  const next = [processChore(jobOf(moveBatch), "token"), processChore(jobOf(moveBatch), "token")];
  assert.equal(ends.length, 4);
  await assert.rejects(processChore(jobOf(moveBatch), "token"), DelayedError);
  for (const end of ends) end();
  await Promise.allSettled(next);
});

test("a look-up of an earlier version is forwarded to where errands wait", async () => {
  const forwarded: unknown[] = [];
  const { processChore, kept } = setUp({
    forward: async (errand) => {
      forwarded.push(errand);
      return true;
    },
  });
  await processChore(jobOf(lookUp), "token");
  assert.deepEqual(forwarded, [lookUp]);
  assert.deepEqual(kept, []);
});

test("what finds no room there, and what cannot be read, is kept for people with the reason", async () => {
  const forwarded: unknown[] = [];
  const { processChore, kept, lines } = setUp({
    forward: async (errand) => {
      forwarded.push(errand);
      return false;
    },
  });
  for (const data of [lookUp, { kind: "dance" }]) await processChore(jobOf(data), "token");
  assert.deepEqual(forwarded, [lookUp]);
  assert.deepEqual(kept, [
    {
      body: JSON.stringify(lookUp),
      reason: "The event names only its channel, and too many such events of its workspace wait already.",
    },
    { body: '{"kind":"dance"}', reason: "A chore that this version of Perch cannot read." },
  ]);
  assert.equal(lines.length, 2);
});
