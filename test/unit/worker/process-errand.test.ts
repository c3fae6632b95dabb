import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import test from "node:test";
import { DelayedError } from "bullmq";
import { createLog } from "../../../src/log.ts";
import type { FindConnectorErrand, SubscribeChannelErrand } from "../../../src/queue/maintenance/errands.ts";
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

const setUp = (
  findConnector: RunErrand<FindConnectorErrand>,
  subscribeChannel: RunErrand<SubscribeChannelErrand> = never,
) => {
  const kept: { readonly body: string; readonly reason: string }[] = [];
  const lines: string[] = [];
  const processErrand = createProcessErrand({
    findConnector,
    subscribeChannel,
    unreadable: {
      keep: async ({ body, reason }) => void kept.push({ body: body.toString(), reason }),
    },
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    now: () => nowMs,
    random: () => 1,
  });
  return { processErrand, kept, lines };
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
  const { processErrand, kept, lines } = setUp(async () => "done");
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
  assert.equal(lines.length, 2);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { choreId: "job", reason: kept[0]?.reason });
});

test("each kind of errand has its own run", async () => {
  const own = { kind: "subscribe_channel", installId: "i1", workspaceId: "w1", channelId: "ch1" } as const;
  const seen: unknown[] = [];
  const { processErrand } = setUp(never, async (run) => {
    seen.push(run);
    return "done";
  });
  await processErrand(jobOf(own), "token", undefined);
  assert.deepEqual(seen, [own]);
});

test("a workspace has five errands in hand, and another workspace's run beside them", async () => {
  const ends: (() => void)[] = [];
  const { processErrand } = setUp(() => {
    const { promise, resolve } = Promise.withResolvers<"done">();
    ends.push(() => resolve("done"));
    return promise;
  });
  const start = (data: FindConnectorErrand = errand) => processErrand(jobOf(data), "token", undefined);
  const isRefused = async () => {
    const job = jobOf(errand);
    await assert.rejects(processErrand(job, "token", undefined), DelayedError);
    assert.deepEqual(job.changes, [[nowMs + 1000, "token"]]);
  };
  const [first, ...others] = Array.from({ length: 5 }, () => start());
  await isRefused();
  others.push(start({ ...errand, workspaceId: "w2" }));
  ends[0]?.();
  await first;
  others.push(start());
  await isRefused();
  for (const end of ends) end();
  await Promise.all(others);
  ends.length = 0;
  const again = Array.from({ length: 5 }, () => start());
  assert.equal(ends.length, 5, "all places are left");
  await isRefused();
  for (const end of ends) end();
  await Promise.all(again);
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
  await new Promise(setImmediate);
  assert.deepEqual(getEventListeners(stop.signal, "abort"), []);
});
