import assert from "node:assert/strict";
import test from "node:test";
import type { Batch } from "../../../src/install/batch.ts";
import { createLog } from "../../../src/log.ts";
import type { Batches, RecountResult } from "../../../src/queue/batches/batches.ts";
import type { SweepCursor } from "../../../src/queue/batches/sweep-cursor.ts";
import { createSweepBatches } from "../../../src/worker/batches/sweep.ts";
import { batchOf } from "../../support/batch.ts";

const startMs = 1_700_000_000_000;
const retentionMs = 40_000;
const hourMs = 3_600_000;
const counted: RecountResult = { hasFinished: false, mustMove: false, isCancelled: false, hasCanary: false };

type State = NonNullable<Awaited<ReturnType<Batches["state"]>>>;

const stateOf = (batch: Partial<Batch> = {}, change: Partial<State> = {}): State => ({
  batch: batchOf({ rows: 9, ...batch }),
  isClosed: true,
  readAtMs: startMs,
  mustMove: false,
  decisions: 1,
  starts: 1,
  hasCanary: false,
  isUnsettled: false,
  ...change,
});

/** Rows one step compares. */
const stepRows = 250;

const openOf = (queued: number): State => stateOf({ queued });

/** A sweep of batches that are open, with a note of what it does to them. Of each, the rows in `stale` are stale. */
const setUp = (
  states: Readonly<Record<string, State | undefined>>,
  {
    stale = [],
    untold = [],
  }: { readonly stale?: readonly number[]; readonly untold?: readonly string[] } = {},
) => {
  const calls: string[] = [];
  let cursor: SweepCursor = { visited: "", batchId: "", row: 1 };
  const lines: string[] = [];
  const clock = { nowMs: startMs };
  const failing = new Set<string>();
  const open = { ids: Object.keys(states) };
  const sweep = createSweepBatches({
    batches: {
      findOpen: async () => open.ids,
      findUnnotified: async () => untold,
      state: async (id) => states[id],
      renew: async (id, count) => void calls.push(`renew ${id} of ${count}`),
      close: async (id, count, { isCutOff = false } = {}) => {
        calls.push(`close ${id} at ${count}${isCutOff ? ", cut off" : ""}`);
        return counted;
      },
      mirror: async (id) => {
        if (failing.has(id)) throw new Error("Redis is away");
        calls.push(`mirror ${id}`);
      },
      findStale: async (id, first) => {
        calls.push(`compare ${id} from ${first}`);
        const state = states[id];
        const next = first + stepRows;
        const isLast = state === undefined || next > state.batch.queued;
        return {
          rows: stale.filter((row) => row >= first && row < next),
          next: isLast ? undefined : next,
        };
      },
      sweepCursor: {
        read: async () => cursor,
        write: async (written) => {
          cursor = written;
        },
      },
      recount: async (id, some) => {
        calls.push(`recount ${id}: ${some.length === 0 ? "no row" : `${some[0]} to ${some.at(-1)}`}`);
        return counted;
      },
    },
    afterRecount: async (id, { hasFinished, mustMove }) => {
      if (hasFinished) calls.push(`tell ${id}`);
      if (mustMove) calls.push(`move ${id}`);
    },
    retentionMs,
    log: createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } }),
    now: () => clock.nowMs,
  });
  /** Sweeps once and answers what that did. */
  const swept = async (): Promise<readonly string[]> => {
    calls.length = 0;
    await sweep();
    return [...calls];
  };
  return { swept, clock, failing, open, lines };
};

test("a batch is renewed, its decisions are copied to all shards, and its open rows are compared", async () => {
  const { swept } = setUp({ a: openOf(0) });
  assert.deepEqual(await swept(), ["renew a of 9", "mirror a", "compare a from 1"]);
  assert.deepEqual(await swept(), ["mirror a", "compare a from 1"], "all of them again");
});

test("only stale rows are recounted, a hundred in one script", async () => {
  const stale = Array.from({ length: 230 }, (_, n) => n + 11);
  const { swept } = setUp({ a: openOf(0) }, { stale });
  const counts = (await swept()).filter((call) => call.startsWith("recount"));
  assert.deepEqual(counts, ["recount a: 11 to 110", "recount a: 111 to 210", "recount a: 211 to 240"]);
});

test("what a batch has is renewed when a quarter of its retention has passed", async () => {
  const { swept, clock, open } = setUp({ a: stateOf() });
  const renews = async () => (await swept()).includes("renew a of 9");
  assert.equal(await renews(), true);
  clock.nowMs += retentionMs / 4 - 1;
  assert.equal(await renews(), false);
  clock.nowMs += 1;
  assert.equal(await renews(), true);
  open.ids = [];
  await swept();
  open.ids = ["a"];
  assert.equal(await renews(), true, "one that was over meanwhile is known no longer");
});

test("a batch is recounted without rows when its end or a halt may be due", async () => {
  const { swept } = setUp({ a: stateOf({}, { isUnsettled: true }) });
  assert.deepEqual(await swept(), ["renew a of 9", "mirror a", "recount a: no row", "compare a from 1"]);
});

test("a sweep compares a bounded number of rows, and the next goes on from there", async () => {
  const { swept } = setUp({ a: openOf(9000), b: openOf(100), c: openOf(6000) });
  const inTurn = async () => {
    const calls = (await swept()).filter((call) => call.startsWith("compare"));
    assert.equal(calls[0], "compare b from 1", "the one with few open rows first");
    assert.equal(calls.length, 21);
    return [calls[1], calls[20]];
  };
  assert.deepEqual(await inTurn(), ["compare a from 1", "compare a from 4751"]);
  assert.deepEqual(await inTurn(), ["compare a from 5001", "compare c from 501"]);
  assert.deepEqual(await inTurn(), ["compare c from 751", "compare c from 5501"]);
  assert.deepEqual(await inTurn(), ["compare c from 5751", "compare a from 4501"]);
});

test("of many batches with few open rows the smallest are compared in every sweep", async () => {
  const ids = Array.from({ length: 40 }, (_, n) => `b${String(n).padStart(2, "0")}`);
  const { swept } = setUp(Object.fromEntries(ids.map((id, n) => [id, openOf(140 - n)])));
  const compared = async () => (await swept()).filter((call) => call.startsWith("compare"));
  const first = await compared();
  assert.equal(first.length, 30);
  assert.deepEqual(
    [first[0], first[9], first[10]],
    ["b39", "b30", "b00"].map((id) => `compare ${id} from 1`),
  );
  assert.deepEqual((await compared())[0], "compare b39 from 1");
});

test("fifty of many open batches are visited in a sweep, the others in the next ones", async () => {
  const ids = Array.from({ length: 75 }, (_, n) => `b${String(n).padStart(2, "0")}`);
  const { swept } = setUp(Object.fromEntries(ids.map((id) => [id, openOf(0)])));
  const visited = async () => {
    const calls = (await swept()).filter((call) => call.startsWith("mirror"));
    return [calls.length, calls[0], calls.at(-1)];
  };
  assert.deepEqual(await visited(), [50, "mirror b00", "mirror b49"]);
  assert.deepEqual(await visited(), [50, "mirror b50", "mirror b24"]);
  assert.deepEqual(await visited(), [50, "mirror b25", "mirror b74"]);
});

test("the sweep goes on with the next batch when the one it was at is over", async () => {
  const { swept, open } = setUp({ a: openOf(0), b: openOf(30_000), c: openOf(0) });
  await swept();
  open.ids = ["a", "c"];
  const compared = (await swept()).filter((call) => call.startsWith("compare"));
  assert.deepEqual(compared, ["compare c from 1", "compare a from 1"]);
});

for (const { when, batch, state, afterMs, closes } of [
  { when: "an import that was read on an hour ago", afterMs: hourMs, closes: false },
  { when: "an import that nobody went on with for over an hour", afterMs: hourMs + 1, closes: true },
  {
    when: "a cancelled import that was read on a minute ago",
    batch: { status: "cancelled" } as const,
    afterMs: 60_000,
    closes: false,
  },
  {
    when: "a cancelled import that nobody went on with for over a minute",
    batch: { status: "cancelled" } as const,
    afterMs: 60_001,
    closes: true,
  },
  { when: "a batch that was read to its end", state: { isClosed: true }, afterMs: 2 * hourMs, closes: false },
]) {
  test(`${when} ${closes ? "is closed as cut off" : "stays as it is"}`, async () => {
    const { swept, clock } = setUp({ a: stateOf(batch, { isClosed: false, ...state }) });
    clock.nowMs += afterMs;
    assert.equal((await swept()).includes("close a at 9, cut off"), closes);
  });
}

test("a decision that no process has carried out is carried out", async () => {
  const { swept } = setUp({ a: stateOf({}, { mustMove: true }), b: stateOf() });
  assert.deepEqual(await swept(), [
    ...["renew a of 9", "mirror a", "move a"],
    ...["renew b of 9", "mirror b"],
    ...["compare a from 1", "compare b from 1"],
  ]);
});

test("an end that no process has notified is notified", async () => {
  const { swept } = setUp({}, { untold: ["a", "b"] });
  assert.deepEqual(await swept(), ["tell a", "tell b"]);
});

test("a batch that cannot be swept keeps no other from its turn", async () => {
  const { swept, failing, lines } = setUp({ a: stateOf(), b: stateOf() });
  failing.add("a");
  assert.deepEqual(await swept(), [
    ...["renew a of 9", "renew b of 9", "mirror b"],
    ...["compare a from 1", "compare b from 1"],
  ]);
  assert.equal(lines.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { batchId: "a", reason: "Redis is away" });
});

test("a batch that is gone is only counted, which takes it off the list", async () => {
  const { swept, lines } = setUp({ a: undefined });
  assert.deepEqual(await swept(), ["recount a: no row", "compare a from 1"]);
  assert.deepEqual(lines, []);
});
