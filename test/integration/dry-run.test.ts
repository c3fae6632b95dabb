import assert from "node:assert/strict";
import test from "node:test";
import { parseInput } from "../../src/install/errors/input-error.ts";
import { installRequestSchema } from "../../src/install/request.ts";
import { createProducer } from "../../src/producer/producer.ts";
import { createPreviewEnqueue } from "../../src/queue/actions/preview.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstalls } from "../../src/queue/installs/installs.ts";
import { createEstimateFinish } from "../../src/queue/maintenance/finish-estimate.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { testRedisUrl } from "../support/redis.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { phoneId, retentionMs, type TestQueue, withQueue } from "./queue-fixture.ts";

const foresee = async (
  { client, keys, clock }: TestQueue,
  change: { readonly reinstall?: boolean } = {},
): Promise<string | undefined> => {
  const { now } = clock;
  const { find: findHold } = createHolds({ client, keys, baseMs: 1000, capMs: 1000, now });
  const installs = createInstalls({ client, keys, retentionMs });
  const request = parseInput(installRequestSchema, {
    ...installRequest(),
    phoneId,
    phoneNumber: "+14155550123",
    ...change,
  });
  const [outlook] = await createPreviewEnqueue({ client, keys, installs, findHold })([request]);
  return typeof outlook === "object" ? outlook.code : outlook;
};

/** The number's install, brought to its end as a worker would. */
const end = async (queue: TestQueue, how: "complete" | "fail"): Promise<void> => {
  await claim(queue);
  await queue.add("i1");
  await queue.start("t");
  await queue[how]("i1", "t");
};

const claim = ({ client, keys }: TestQueue) => client.set(keys.claim(workspaceId, phoneId), "i1");

test("a free number is a new install, one that is being added or has not ended is joined", () =>
  withQueue(async (queue) => {
    assert.equal(await foresee(queue), "created");
    await claim(queue);
    assert.equal(await foresee(queue), "attached");
    await queue.add("i1");
    assert.equal(await foresee(queue), "attached");
    await queue.start("t");
    assert.equal(await foresee(queue, { reinstall: true }), "attached");
  }));

test("a completed number is installed already, until it is uninstalled or a reinstall is asked for", () =>
  withQueue(async (queue) => {
    await end(queue, "complete");
    assert.equal(await foresee(queue), "installed");
    assert.equal(await foresee(queue, { reinstall: true }), "created");
    await queue.client.hset(queue.keys.job("i1"), "uninstalledAt", "2026-11-23T10:00:00.000Z");
    assert.equal(await foresee(queue), "created");
  }));

test("a failed number is a new install", () =>
  withQueue(async (queue) => {
    await end(queue, "fail");
    assert.equal(await foresee(queue), "created");
  }));

test("a workspace whose key is refused blocks new installs only; a rate limit passes by itself", () =>
  withQueue(async (queue) => {
    const { client, keys, clock } = queue;
    const holds = createHolds({ client, keys, baseMs: 1000, capMs: 1000, now: clock.now });
    await holds.holdFor(workspaceId, 1000);
    assert.equal(await foresee(queue), "created");
    await holds.release(workspaceId);
    await holds.holdUnauthorized(workspaceId);
    assert.equal(await foresee(queue), "blocked");
    await claim(queue);
    assert.equal(await foresee(queue), "attached");
  }));

test("a forecast writes nothing, and an import of the same rows does what it said", () =>
  withQueue(async ({ client, keys }) => {
    const options = { redisUrl: testRedisUrl(), sealingKeys: generateSealingKey(), prefix: keys.prefix };
    const producer = await createProducer(options);
    try {
      const rows = manyRows();
      const early = rows.slice(0, 20).filter(({ input }) => input.wabaId !== "x");
      for (const { input } of early) await producer.enqueue(input);
      const before = (await client.keys(`${keys.prefix}*`)).sort();
      const said = await count(producer.forecastRows(rows).rows, ({ outlook }) => outlook);
      assert.deepEqual((await client.keys(`${keys.prefix}*`)).sort(), before);

      const opened = await producer.importRows(rows, { name: "forecast" });
      const done = await count(opened.rows, ({ created }) => (created ? "created" : "attached"));
      assert.deepEqual(said, done);
      assert.equal(said.rejected, 14);
    } finally {
      await producer.close();
    }
  }));

/** 700 rows of 600 numbers, every fiftieth row bad. */
const manyRows = () =>
  Array.from({ length: 700 }, (_, index) => {
    const isBad = index % 50 === 7;
    const number = index % 600;
    const phone = { phoneId: String(3_000_000 + number), phoneNumber: `+1415555${1000 + number}` };
    return { row: index + 1, input: { ...installRequest(), ...phone, ...(isBad && { wabaId: "x" }) } };
  });

/** How many rows came to what. */
const count = async <T extends object>(
  rows: AsyncIterable<T>,
  what: (good: Exclude<T, { errors: unknown }>) => string,
): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  const isGood = (row: T): row is Exclude<T, { errors: unknown }> => !("errors" in row);
  for await (const row of rows) {
    const name = isGood(row) ? what(row) : "rejected";
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

test("the end is forecast from the pace of the last minute, else from the budgets of the workspaces", () =>
  withQueue(async ({ client, keys }) => {
    const nowMs = 10_000_000;
    const forecast = createEstimateFinish({ client, keys, postsPerSecond: 100, now: () => nowMs });
    const installs = new Map([
      ["a", 500],
      ["b", 300],
    ]);
    assert.deepEqual(await forecast(installs), { finishMs: 5000, finishBasis: "budget" });
    assert.deepEqual(await forecast(new Map()), { finishMs: 0, finishBasis: "budget" });
    const ends = (count: number, atMs: number) =>
      Array.from({ length: count }, (_, n) => [atMs, `${atMs}-${n}`] as const).flat();
    await client.zadd(keys.job("completed"), ...ends(500, nowMs - 61_000), ...ends(90, nowMs - 30_000));
    await client.zadd(keys.job("failed"), ...ends(10, nowMs - 1000));
    await client.zadd(keys.job("prioritized"), ...ends(200, 1));
    assert.deepEqual(await forecast(installs), { finishMs: 600_000, finishBasis: "pace" });
  }));
