import assert from "node:assert/strict";
import test from "node:test";
import { DelayedError } from "bullmq";
import { createLog } from "../../../src/log.ts";
import type { FindConnectorErrand } from "../../../src/queue/maintenance/errands.ts";
import { createProcessErrand, type RunErrand } from "../../../src/worker/errands/process.ts";
import { never } from "./run-fixture.ts";

const nowMs = 1_700_000_000_000;
const errand: FindConnectorErrand = {
  kind: "find_connector",
  workspaceId: "w1",
  channelId: "ch1",
  status: "active",
};

/** A job of BullMQ, as far as errands need one. */
const jobOf = (data: object, attemptsMade = 0) => {
  const changes: unknown[] = [];
  return {
    id: "job",
    data,
    attemptsMade,
    updateData: async (next: unknown) => void changes.push(next),
    moveToDelayed: async (untilMs: number, token?: string) => void changes.push([untilMs, token]),
    changes,
  };
};

const setUp = (findConnector: RunErrand<FindConnectorErrand>) => {
  const kept: { readonly body: string; readonly reason: string }[] = [];
  const processErrand = createProcessErrand({
    findConnector,
    subscribeChannel: never,
    unreadable: {
      keep: async ({ body, reason }) => void kept.push({ body: body.toString(), reason }),
    },
    log: createLog({ level: "silent", role: "test" }),
    now: () => nowMs,
    random: () => 1,
  });
  return { processErrand, kept };
};

test("an errand that is done ends", async () => {
  const { processErrand } = setUp(async (run) => {
    assert.deepEqual(run, errand);
    return "done";
  });
  const job = jobOf(errand);
  await processErrand(job, "token", undefined);
  assert.deepEqual(job.changes, []);
});

for (const { tries, pauseMs } of [
  { tries: undefined, pauseMs: 10_000 },
  { tries: 1, pauseMs: 20_000 },
  { tries: 9, pauseMs: 3_600_000 },
]) {
  test(`after ${tries ?? 0} tries in vain, one more counts and the errand comes again in ${pauseMs} ms`, async () => {
    const own = { ...errand, ...(tries !== undefined && { tries }) };
    const { processErrand } = setUp(async () => ({ errand: own, isTry: true }));
    const job = jobOf(own);
    await assert.rejects(processErrand(job, "token", undefined), DelayedError);
    assert.deepEqual(job.changes, [{ ...errand, tries: (tries ?? 0) + 1 }, [nowMs + pauseMs, "token"]]);
  });
}

test("an errand that asked nothing comes again when it says, and counts no try", async () => {
  const { processErrand } = setUp(async () => ({ errand, isTry: false, untilMs: nowMs + 7 }));
  const job = jobOf(errand);
  await assert.rejects(processErrand(job, "token", undefined), DelayedError);
  assert.deepEqual(job.changes, [{ ...errand, tries: 0 }, [nowMs + 7, "token"]]);
});

test("the twelfth try is the last", async () => {
  const seen: boolean[] = [];
  const { processErrand } = setUp(async (_errand, { isLastTry }) => {
    seen.push(isLastTry);
    return "done";
  });
  for (const tries of [10, 11]) await processErrand(jobOf({ ...errand, tries }), "token", undefined);
  assert.deepEqual(seen, [false, true]);
});

test("an errand that cannot be read is kept for people, and so is one that 25 faults of Perch have ended", async () => {
  const { processErrand, kept } = setUp(async () => "done");
  await processErrand(jobOf({ kind: "dance" }), "token", undefined);
  await processErrand(jobOf(errand, 24), "token", undefined);
  assert.equal(kept.length, 1);
  await processErrand(jobOf(errand, 25), "token", undefined);
  assert.deepEqual(kept, [
    { body: '{"kind":"dance"}', reason: "An errand that this version of Perch cannot read." },
    {
      body: JSON.stringify(errand),
      reason: "An errand that failed 25 times by a fault of Perch; its log says why.",
    },
  ]);
});

test("a sixth errand of a workspace comes again in a second; another workspace's runs, and a place that is left is taken", async () => {
  const { promise, resolve } = Promise.withResolvers<"done">();
  const { processErrand } = setUp((_errand) => promise);
  const started = Array.from({ length: 5 }, () => processErrand(jobOf(errand), "token", undefined));
  const sixth = jobOf(errand);
  await assert.rejects(processErrand(sixth, "token", undefined), DelayedError);
  assert.deepEqual(sixth.changes, [[nowMs + 1000, "token"]]);
  const other = processErrand(jobOf({ ...errand, workspaceId: "w2" }), "token", undefined);
  resolve("done");
  await Promise.all([...started, other]);
  const next = jobOf(errand);
  await processErrand(next, "token", undefined);
  assert.deepEqual(next.changes, []);
});

test("a place is left also by an errand that fails, and the fault is BullMQ's to count", async () => {
  const { processErrand } = setUp(async () => {
    throw new Error("Redis is away");
  });
  for (let n = 0; n < 6; n += 1)
    await assert.rejects(processErrand(jobOf(errand), "token", undefined), /Redis is away/);
});

test("a worker that stops gives an errand that hangs back at once, as it was", async () => {
  const { promise, reject } = Promise.withResolvers<"done">();
  const { processErrand } = setUp(() => promise);
  const stop = new AbortController();
  const job = jobOf(errand);
  const running = processErrand(job, "token", stop.signal);
  stop.abort();
  await assert.rejects(running, DelayedError);
  assert.deepEqual(job.changes, [[nowMs, "token"]]);
  // What it comes to later is nobody's: it must not end the process.
  reject(new Error("the connection is closed"));
});
