import assert from "node:assert/strict";
import test from "node:test";
import type { Batch } from "../../../src/install/batch.ts";
import { createLog } from "../../../src/log.ts";
import type { RecountResult } from "../../../src/queue/batches/batches.ts";
import { createAfterRecount, createRecountBuffer } from "../../../src/worker/batches/recount.ts";
import { batchOf } from "../../support/batch.ts";

const counted: RecountResult = { hasFinished: false, mustMove: false, isCancelled: false, hasCanary: false };

const logOf = (lines: string[]) =>
  createLog({ level: "trace", role: "test", destination: { write: (line) => lines.push(line) } });

const bufferOf = (failing = "none") => {
  const counts: string[] = [];
  const lines: string[] = [];
  const buffer = createRecountBuffer({
    batches: {
      recount: async (batchId, rows) => {
        if (batchId === failing) throw new Error("Redis is away");
        counts.push(`${batchId}: ${rows.length > 3 ? `${rows.length} rows` : rows}`);
        return counted;
      },
    },
    afterRecount: async (batchId, tally) => {
      assert.equal(tally, counted);
      counts.push(`after ${batchId}`);
    },
    log: logOf(lines),
  });
  return { buffer, counts, lines };
};

test("rows of a batch are collected and counted together, each once", async () => {
  const { buffer, counts } = bufferOf();
  for (const row of [1, 2, 1]) buffer.add({ batchId: "a", row });
  buffer.add({ batchId: "b", row: 1 });
  for (const install of [{}, { batchId: "a" }, { row: 3 }]) buffer.add(install);
  assert.deepEqual(counts, []);
  await buffer.flush();
  assert.deepEqual(counts.toSorted(), ["a: 1,2", "after a", "after b", "b: 1"]);
  counts.length = 0;
  await buffer.flush();
  assert.deepEqual(counts, []);
});

for (const { count, scripts } of [
  { count: 200, scripts: ["a: 200 rows", "after a"] },
  { count: 201, scripts: ["a: 200 rows", "after a", "a: 201", "after a"] },
]) {
  test(`${count} rows are counted two hundred a script`, async () => {
    const { buffer, counts } = bufferOf();
    for (let row = 1; row <= count; row += 1) buffer.add({ batchId: "a", row });
    await buffer.flush();
    assert.deepEqual(counts, scripts);
  });
}

test("what is collected after a flush waits its own tenth of a second", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { buffer, counts } = bufferOf();
  buffer.add({ batchId: "a", row: 1 });
  t.mock.timers.tick(60);
  await buffer.flush();
  counts.length = 0;
  buffer.add({ batchId: "a", row: 2 });
  t.mock.timers.tick(99);
  assert.deepEqual(counts, []);
  t.mock.timers.tick(1);
  assert.deepEqual(counts, ["a: 2"]);
});

test("what is collected is counted a tenth of a second later by itself, also a second time", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { buffer, counts } = bufferOf();
  for (const row of [1, 2]) {
    counts.length = 0;
    buffer.add({ batchId: "a", row });
    t.mock.timers.tick(50);
    buffer.add({ batchId: "a", row: row + 10 });
    t.mock.timers.tick(49);
    assert.deepEqual(counts, []);
    t.mock.timers.tick(1);
    assert.deepEqual(counts, [`a: ${row},${row + 10}`], "counted from the first row on");
  }
});

test("a batch that cannot be counted is said, and keeps no other from being counted", async () => {
  const { buffer, counts, lines } = bufferOf("a");
  for (const batchId of ["a", "b"]) buffer.add({ batchId, row: 1 });
  await buffer.flush();
  assert.deepEqual(counts, ["b: 1", "after b"]);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? "", /Redis is away.*could not count a batch yet/);
});

const finishedAt = "2026-01-01T00:00:10.000Z";
const finished = { ...counted, hasFinished: true };

const after = async (
  tally: RecountResult,
  { batch, starts = 1, notifyUrl }: { batch?: Partial<Batch>; starts?: number; notifyUrl?: string } = {},
) => {
  const calls: string[] = [];
  const announced: unknown[] = [];
  const lines: string[] = [];
  await createAfterRecount({
    batches: {
      state: async () =>
        batch && {
          batch: batchOf(batch),
          isClosed: true,
          readAtMs: 0,
          mustMove: false,
          decisions: 0,
          starts,
          hasCanary: false,
          isUnsettled: false,
        },
      markNotified: async (id) => void calls.push(`told ${id}`),
    },
    addMove: async (id) => void calls.push(`move ${id}`),
    notifications: { announce: async (notification) => void announced.push(notification) },
    notifyUrl,
    log: logOf(lines),
  })("a", tally);
  return { calls, announced, lines };
};

test("counts that change nothing lead to nothing", async () => {
  assert.deepEqual((await after(counted)).calls, []);
});

test("installs that have to move are moved", async () => {
  assert.deepEqual((await after({ ...counted, mustMove: true })).calls, ["move a"]);
});

test("the end of a batch is logged and notified, with how often it was started, and is then marked as notified", async () => {
  const batch = { finishedAt, completed: 3, failed: 2, cancelled: 1, status: "finished" } as const;
  const notifyUrl = "https://example.invalid/hook";
  const { calls, announced, lines } = await after(finished, { batch, starts: 2, notifyUrl });
  assert.deepEqual(calls, ["told a"]);
  assert.deepEqual(announced, [
    {
      type: "batch.finished",
      subjectId: "a",
      generation: 2,
      url: notifyUrl,
      happenedAt: finishedAt,
      data: batchOf(batch),
    },
  ]);
  const { finishedAt: _, ...counts } = batch;
  assert.partialDeepStrictEqual(JSON.parse(lines[0] ?? ""), { batchId: "a", ...counts });
});

test("without NOTIFY_URL the end of a batch is only logged", async () => {
  const { calls, announced, lines } = await after(finished, { batch: { finishedAt } });
  assert.deepEqual([calls, announced, lines.length], [["told a"], [], 1]);
});

for (const [what, batch] of [
  ["was opened again meanwhile", {}],
  ["is gone", undefined],
] as const) {
  test(`a batch that ${what} has no end to tell`, async () => {
    const notifyUrl = "https://example.invalid/hook";
    const { calls, announced, lines } = await after(finished, { ...(batch && { batch }), notifyUrl });
    assert.deepEqual([calls, announced, lines], [["told a"], [], []]);
  });
}
