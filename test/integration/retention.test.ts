import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { encodeTime } from "ulid";
import type { Install } from "../../src/install/install.ts";
import { createProducer } from "../../src/producer/producer.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createMatching } from "../../src/queue/matching/matching.ts";
import { createStoppedUrls } from "../../src/queue/outbox/stopped-urls.ts";
import { createResumeWorkspace } from "../../src/queue/workspaces/held-installs.ts";
import { indexId } from "../../src/redis/id-set.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { testDigests } from "../support/test-digests.ts";
import { until } from "../support/until.ts";
import { withQueue } from "./queue-fixture.ts";

const always = (fault: FaultRule["fault"], rule: Partial<FaultRule> = {}): FaultRule => ({
  times: "always",
  ...rule,
  fault,
});

const inStatus = ({ producer }: Stack, id: string, status: Install["status"]) =>
  until(`the install is ${status}`, async () => (await producer.installs.find(id))?.status === status);

const isGone = ({ client, keys }: Stack, id: string) =>
  until("its retention is over", async () => (await client.exists(keys.ofInstall(id).job(id))) === 0);

/** A producer that forgets as soon as the worker does. */
const producerOf = ({ redisUrl, sealingKeyText, keys }: Stack, retentionMs: number) =>
  createProducer({
    redisUrl,
    sealingKeys: sealingKeyText,
    prefix: keys.prefix,
    retentionMs,
    shards: keys.shards.length,
  });

test("a failed install and its sealed token end after the retention although nothing else fails", () => {
  const { phoneId } = installRequest(0);
  const faults = [always({ kind: "status", status: 422 }, { phoneId })];
  return withStack({ startsPaused: true, sandbox: { faults } }, async (stack) => {
    const { client, producer, keys } = stack;
    await stack.startAnotherWorker({ retentionMs: 500 });
    const { install } = await producer.enqueue(installRequest(0));
    await inStatus(stack, install.id, "failed");
    for (let n = 1; n < 4; n += 1) await producer.enqueue(installRequest(n));
    await isGone(stack, install.id);
    const shard = keys.ofInstall(install.id);
    assert.equal(await client.exists(shard.claim(workspaceId, phoneId)), 0);
    assert.equal(await client.zscore(shard.installsIn("failed"), install.id), null);
    assert.equal(await client.exists(shard.logs(install.id)), 0);
  });
});

test("the claim of an install that ended by a fault of Perch goes with it, and its number gets a new id", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { client, producer, keys } = stack;
    const { install } = await producer.enqueue(installRequest(0));
    const shard = keys.ofInstall(install.id);
    const data = JSON.parse((await client.hget(shard.job(install.id), "data")) ?? "{}");
    await client.hset(shard.job(install.id), "data", JSON.stringify({ ...data, held: "no such reason" }));
    await stack.startAnotherWorker({ retentionMs: 500 });
    await isGone(stack, install.id);
    const claim = shard.claim(workspaceId, installRequest(0).phoneId);
    assert.equal(await client.exists(claim), 0);
    const again = await producer.enqueue(installRequest(0));
    assert.equal(again.created, true);
    assert.notEqual(again.install.id, install.id);
  }));

test("once their retention is over installs leave nothing behind that has no end", () => {
  const faults = [
    always({ kind: "status", status: 422 }, { phoneId: installRequest(1).phoneId }),
    always({ kind: "event_never" }, { phoneId: installRequest(2).phoneId }),
  ];
  return withStack({ startsPaused: true, sandbox: { faults } }, async (stack) => {
    const { client, keys, redisUrl, sealingKeyText } = stack;
    const endless = async (): Promise<readonly string[]> => {
      const names = await client.keys(`${keys.prefix}*`);
      const ttls = await Promise.all(names.map((name) => client.pttl(name)));
      return names.filter((_, index) => ttls[index] === -1).toSorted();
    };
    const retentionMs = 1000;
    await stack.startAnotherWorker({ retentionMs, numberWindowMs: 1000, firstPollMs: 50 });
    const producer = await createProducer({
      redisUrl,
      sealingKeys: sealingKeyText,
      prefix: keys.prefix,
      retentionMs,
      shards: keys.shards.length,
    });
    try {
      const ids: string[] = [];
      for (let n = 0; n < 6; n += 1) {
        const { install } = await producer.enqueue(installRequest(n), { idempotencyKey: `key ${n}` });
        ids.push(install.id);
      }
      for (const id of ids) await isGone(stack, id);
      const ofInstalls = (names: readonly string[]): readonly string[] =>
        names.filter((name) =>
          /[0-9A-HJKMNP-TV-Z]{26}|\d{10,}|[0-9a-f]{8}-/.test(name.replace(/repeat:\S+/, "")),
        );
      await until("nothing of them lasts", async () => ofInstalls(await endless()).length === 0);
      for (const shard of keys.shards)
        for (const key of [shard.arrived, shard.outbox, shard.unmatched, shard.doors, shard.job("failed")])
          assert.equal(await client.exists(key), 0, key);
    } finally {
      await producer.close();
    }
  });
});

test("an id claimed long ago whose job never came gives way to a new one, which lists show", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { client, keys, producer } = stack;
    const { install: placed } = await producer.enqueue(installRequest(1));
    const shard = keys.ofInstall(placed.id);
    const claim = shard.claim(workspaceId, installRequest(0).phoneId);
    const claimedAt = async (ageMs: number) => {
      const time = encodeTime(Date.now() - ageMs, 10);
      await client.set(claim, time + placed.id.slice(10));
      return producer.enqueue(installRequest(0));
    };
    const old = await claimedAt(2 * 3_600_000);
    assert.equal(old.created, true);
    assert.equal(await client.get(claim), old.install.id);
    const { items } = await producer.installs.list({ limit: 10 });
    assert.ok(items.some(({ id }) => id === old.install.id));
    // A young one may be another producer's that is just adding it: both add the same.
    await client.del(shard.job(old.install.id));
    const young = await claimedAt(60_000);
    assert.equal(young.created, false);
    assert.equal(young.install.id, await client.get(claim));
  }));

test("a list read between a claim and its job by a producer whose clock is behind loses no install", () =>
  withStack({ startsPaused: true }, async ({ client, keys, producer }) => {
    const { install: placed } = await producer.enqueue(installRequest(1));
    const id = encodeTime(Date.now() - 120_000, 10) + placed.id.slice(10);
    const shard = keys.ofInstall(placed.id);
    await indexId(client, { set: shard.installs, id, keptMs: 3_600_000, oldestId: "0" });
    await producer.installs.list({ limit: 10 });
    await client.hset(shard.job(id), await client.hgetall(shard.job(placed.id)));
    const { items } = await producer.installs.list({ limit: 10 });
    assert.deepEqual(
      items.map((install) => install.id),
      [placed.id, id],
    );
  }));

test("a batch that is open for longer than anything is kept finishes with all of its rows", () => {
  const faults = [always({ kind: "status", status: 401 })];
  return withStack({ startsPaused: true, sandbox: { faults } }, async (stack) => {
    const { client, keys, redisUrl } = stack;
    const retentionMs = 600;
    await stack.startAnotherWorker({ retentionMs, holdBaseMs: 600_000, holdCapMs: 600_000 });
    const producer = await producerOf(stack, retentionMs);
    const rows = [0, 1, 2].map((n) => ({ row: n + 1, input: installRequest(n) }));
    const started = await producer.importRows(rows, { name: "b" });
    for await (const _ of started.rows);
    const [batchId = ""] = await producer.batches.findOpen();
    const batchIdMs = Date.now();
    await until("it is older than all that is kept", async () => Date.now() - batchIdMs > 4 * retentionMs);
    assert.equal((await producer.batches.readRows(batchId, [1, 2, 3])).length, 3);
    assert.notEqual(await producer.batches.digestOf(batchId, 1), undefined);
    const { items } = await producer.installs.list({ limit: 10 });
    assert.equal(items.length, 3, "live installs stay in the lists");
    const { phoneNumber } = installRequest(1);
    assert.equal((await producer.installs.list({ limit: 10, phoneNumber })).items.length, 1);
    assert.equal((await producer.installs.list({ limit: 10, batchId })).items.length, 3);
    assert.equal((await producer.batches.list({ limit: 10 })).items.length, 1);
    stack.sandbox.setFaults([]);
    const queues = createInstallsQueues({ client, keys });
    const holds = createHolds({ client, keys, baseMs: 50, capMs: 400 });
    const matching = createMatching({ client, keys, queues, retentionMs });
    const resume = createResumeWorkspace({ client, keys, holds, matching });
    await until("the batch has finished", async () => {
      await resume(workspaceId);
      return (await producer.batches.find(batchId))?.status === "finished";
    });
    assert.equal((await producer.batches.find(batchId))?.completed, 3, redisUrl);
    await queues.close();
    await producer.close();
  });
});

test("addresses that answered 410 are bounded, aged, and removed in their former form", () =>
  withQueue(async ({ client, keys, clock }) => {
    const urls = createStoppedUrls({ client, keys, digests: testDigests, now: clock.now });
    await urls.stop("https://first.example.com/");
    const many = Array.from({ length: 10_000 }, () => [clock.now() + 1, randomUUID()]).flat();
    await client.zadd(keys.stoppedAt, ...many);
    clock.move(2);
    await urls.stop("https://second.example.com/");
    assert.equal(await client.zcard(keys.stoppedAt), 10_000);
    assert.equal(await urls.isStopped("https://first.example.com/"), false);
    assert.equal(await urls.isStopped("https://second.example.com/"), true);
    await client.hset(keys.stoppedUrls, "plain digest of a version before", "2026-01-01T00:00:00.000Z");
    await urls.age(60_000);
    assert.equal(await client.exists(keys.stoppedUrls), 0);
    assert.equal(await urls.isStopped("https://second.example.com/"), true);
    clock.move(60_001);
    await urls.age(60_000);
    assert.equal(await urls.isStopped("https://second.example.com/"), false);
    assert.equal(await client.exists(keys.stoppedAt), 0);
  }));
