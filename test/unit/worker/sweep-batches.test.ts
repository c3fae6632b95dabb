import assert from "node:assert/strict";
import test from "node:test";
import type { Batch } from "../../../src/install/batch.ts";
import { createLog } from "../../../src/log.ts";
import type { Batches, RecountResult } from "../../../src/queue/batches/batches.ts";
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
  ...change,
});

/** A sweep of batches that are open, with a note of what it does to them. */
const setUp = (
  states: Readonly<Record<string, State | undefined>>,
  { rows = 1, untold = [] }: { readonly rows?: number; readonly untold?: readonly string[] } = {},
) => {
  const calls: string[] = [];
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
      openRows: async (_id, from = 1) =>
        Array.from({ length: Math.max(0, rows - from + 1) }, (_, n) => from + n),
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

test("a batch is renewed, its decisions are copied to all shards, and its open rows are recounted", async () => {
  const { swept } = setUp({ a: stateOf() }, { rows: 3 });
  assert.deepEqual(await swept(), ["renew a of 9", "mirror a", "recount a: 1 to 3"]);
  assert.deepEqual(await swept(), ["mirror a", "recount a: 1 to 3"], "all of them again");
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

test("a batch without an open row is counted, because its end may be left to be noticed", async () => {
  const { swept } = setUp({ a: stateOf() }, { rows: 0 });
  assert.deepEqual(await swept(), ["renew a of 9", "mirror a", "recount a: no row"]);
});

test("five thousand rows of a batch are counted in a sweep, five hundred at a time, and the next goes on from there", async () => {
  const { swept } = setUp({ a: stateOf() }, { rows: 5001 });
  const counts = async () => (await swept()).filter((call) => call.startsWith("recount"));
  const first = await counts();
  assert.equal(first.length, 10);
  assert.deepEqual(
    [first[0], first[1], first[9]],
    ["recount a: 1 to 500", "recount a: 501 to 1000", "recount a: 4501 to 5000"],
  );
  assert.deepEqual(await counts(), ["recount a: 5001 to 5001"]);
  assert.equal((await counts()).length, 10, "then from the start again");
});

test("a batch that has ended and opens again is counted from its first row", async () => {
  const { swept, open } = setUp({ a: stateOf() }, { rows: 5001 });
  await swept();
  open.ids = [];
  await swept();
  open.ids = ["a"];
  assert.ok((await swept()).includes("recount a: 1 to 500"));
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
    ...["renew a of 9", "mirror a", "recount a: 1 to 1", "move a"],
    ...["renew b of 9", "mirror b", "recount b: 1 to 1"],
  ]);
});

test("an end that no process has notified is notified", async () => {
  const { swept } = setUp({}, { untold: ["a", "b"] });
  assert.deepEqual(await swept(), ["tell a", "tell b"]);
});

test("a batch that cannot be swept keeps no other from its turn", async () => {
  const { swept, failing, lines } = setUp({ a: stateOf(), b: stateOf() });
  failing.add("a");
  assert.deepEqual(await swept(), ["renew a of 9", "renew b of 9", "mirror b", "recount b: 1 to 1"]);
  assert.equal(lines.length, 1);
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { batchId: "a", reason: "Redis is away" });
});

test("a batch that is gone is only counted, which takes it off the list", async () => {
  const { swept, lines } = setUp({ a: undefined });
  assert.deepEqual(await swept(), ["mirror a", "recount a: 1 to 1"]);
  assert.deepEqual(lines, []);
});
