import assert from "node:assert/strict";
import test from "node:test";
import { statusScores } from "../../src/queue/installs/statuses.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { createSweepBatches } from "../../src/worker/batches/sweep.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";

const requests = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    ...installRequest(0),
    workspaceId: `0b6f2f0c-7d1a-4f0e-9c55-${String(n % 7).padStart(12, "0")}`,
    phoneId: String(106540352242000 + n),
    phoneNumber: `+1415555${String(1000 + n).slice(-4)}`,
  }));

/** Imports rows that no worker takes. @returns the batch, and the install of each row. */
const importWaiting = async ({ producer }: Stack, inputs: readonly unknown[]) => {
  const rows = inputs.map((input, index) => ({ row: index + 1, input }));
  const opened = await producer.importRows(rows, { name: "numbers.csv" });
  const installs = new Map<number, string>();
  for await (const row of opened.rows) if ("install" in row) installs.set(row.row, row.install.id);
  const idOf = (row: number): string => installs.get(row) ?? "";
  return { batchId: opened.batchId, idOf };
};

/** Ends an install as BullMQ does, or binds it, and recounts nothing: what a worker does that is killed before its recount. */
const change = async (
  { client, keys }: Stack,
  id: string,
  to: { readonly returnvalue: string } | { readonly failedReason: string } | "bound" | "gone",
): Promise<void> => {
  const shard = keys.ofInstall(id);
  if (to === "gone") await client.del(shard.job(id));
  else if (to === "bound") {
    await client.zadd(shard.statuses, statusScores.awaiting_channel, id);
    await client.hset(shard.job(id), { bound: "1" });
  } else {
    await client.zadd(shard.installsIn("returnvalue" in to ? "completed" : "failed"), 1, id);
    await client.hset(shard.job(id), { finishedOn: "1", ...to });
  }
};

/** Walks through all steps. @returns the stale rows, and how many steps it took. */
const findAll = async ({ producer }: Stack, batchId: string) => {
  const rows: number[] = [];
  let steps = 0;
  for (let next: number | undefined = 1; next !== undefined; steps += 1) {
    const found = await producer.batches.findStale(batchId, next);
    rows.push(...found.rows);
    next = found.next;
  }
  return { rows: [...new Set(rows)].sort((a, b) => a - b), steps };
};

const createSweep = ({ producer, log }: Stack): (() => Promise<void>) =>
  createSweepBatches({
    retentionMs: quickSettings.retentionMs,
    batches: producer.batches,
    afterRecount: async () => undefined,
    log,
    now: Date.now,
  });

test("bug: each sweep wrote every open row of a batch at rest again", () =>
  withStack({ startsPaused: true, shards: 1 }, async (stack) => {
    const { keys } = stack;
    const { batchId } = await importWaiting(stack, requests(300));
    const sweep = createSweep(stack);
    // The first one extends the expiry of its keys.
    await sweep();
    const watcher = await connectRedis(stack.redisUrl, { whenAway: "fail", name: "test" });
    try {
      const batch = keys.home().batch(batchId);
      await watcher.watch([batch, ...["samples", "awaiting", "completed"].map((name) => `${batch}:${name}`)]);
      await sweep();
      assert.notEqual(await watcher.multi().ping().exec(), null, "none of its keys was written");
    } finally {
      await closeRedis(watcher);
    }
  }));

for (const shards of [1, 3]) {
  test(`a sweep recounts the rows that changed unseen, with ${shards} shards`, () =>
    withStack({ startsPaused: true, shards }, async (stack) => {
      const { producer } = stack;
      const { batchId, idOf } = await importWaiting(stack, requests(600));
      const second = await importWaiting(stack, [...requests(601)].slice(598));
      assert.deepEqual((await findAll(stack, batchId)).rows, [], "nothing has changed");
      await change(stack, idOf(3), { returnvalue: "{}" });
      await change(stack, idOf(260), { failedReason: "cancelled: asked for" });
      await change(stack, idOf(300), { failedReason: "rejected_by_bird: no" });
      await change(stack, idOf(301), "bound");
      await change(stack, idOf(599), { returnvalue: "{}" });
      await change(stack, idOf(600), "gone");
      const found = await findAll(stack, batchId);
      assert.deepEqual(found.rows, [3, 260, 300, 301, 599, 600]);
      assert.ok(found.steps >= 600 / 250 / shards);
      const before = await producer.batches.find(batchId);
      assert.deepEqual([before?.queued, before?.completed], [600, 0], "comparing writes nothing");
      await createSweep(stack)();
      const { queued, awaiting, completed, failed, cancelled } = (await producer.batches.find(batchId)) ?? {};
      assert.deepEqual([queued, awaiting, completed, failed, cancelled], [594, 1, 2, 2, 1]);
      assert.deepEqual((await findAll(stack, batchId)).rows, []);
      // Its first two rows joined installs of the other batch.
      const joined = await producer.batches.find(second.batchId);
      assert.deepEqual([joined?.attached, joined?.completed, joined?.failed], [2, 1, 1]);
    }));
}

test("rows that have ended are passed over, thousands in a step", () =>
  withStack({ startsPaused: true, shards: 1 }, async (stack) => {
    const { client, keys } = stack;
    const { batchId, idOf } = await importWaiting(stack, requests(3));
    const batch = keys.home().batch(batchId);
    const all = Buffer.alloc(2500, 0xff);
    await client.setrange(`${batch}:accepted`, 1, all);
    await client.setrange(`${batch}:completed`, 1, all);
    // The same install again, far behind the others.
    const record = await client.hget(`${batch}:rows:0`, "2");
    await client.hset(`${batch}:rows:170`, "17000", record ?? "");
    await client.setbit(`${batch}:completed`, 17_000, 0);
    assert.deepEqual(await findAll(stack, batchId), { rows: [], steps: 3 });
    await change(stack, idOf(2), "bound");
    assert.deepEqual(await findAll(stack, batchId), { rows: [2, 17_000], steps: 3 });
  }));

test("a batch that has gone has no stale row", () =>
  withStack({ startsPaused: true }, async (stack) => {
    assert.deepEqual(await findAll(stack, "01JGFJJZ00000000000000000B"), { rows: [], steps: 1 });
  }));
