import assert from "node:assert/strict";
import test from "node:test";
import { createKeys, type Keys } from "../../src/queue/keyspace/keys.ts";
import { endRecheck } from "../../src/queue/redis-state/restart-recheck.ts";
import { createRestartWatch } from "../../src/queue/redis-state/restart-watch.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { testPrefix, testRedisUrl } from "../support/redis.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const dayMs = 24 * 3_600_000;

const withServer = async (run: (client: RedisClient, keys: Keys) => Promise<void>): Promise<void> => {
  const client = await connectRedis(testRedisUrl(), { whenAway: "wait", name: "test" });
  try {
    await run(client, createKeys(testPrefix()));
  } finally {
    await closeRedis(client);
  }
};

const watchOf = (client: RedisClient, keys: Keys) => createRestartWatch({ client, keys, now: Date.now });

/** When the server of the tests may have started at the latest, a little generously. */
const startedMs = async (client: RedisClient): Promise<{ readonly first: number; readonly last: number }> => {
  const uptimeS = Number(/uptime_in_seconds:(\d+)/.exec(await client.info("server"))?.[1]);
  return { first: Date.now() - (uptimeS + 2) * 1000, last: Date.now() };
};

/** Another server held the data, whose workers were last at work so long before this one started. */
const heldByAnother = async (client: RedisClient, keys: Keys, beforeStartMs: number): Promise<void> => {
  const { first } = await startedMs(client);
  await client.hset(keys.server, "runId", "another", "forgotMs", 0, "aliveMs", first - beforeStartMs);
};

const assertSince = async (client: RedisClient, atMs: number): Promise<void> => {
  const { first, last } = await startedMs(client);
  assert.ok(atMs >= first && atMs <= last, `${atMs} is not the start of the server`);
};

test("a server that was restarted while workers were at work has forgotten nothing", () =>
  withServer(async (client, keys) => {
    await heldByAnother(client, keys, 2000);
    assert.deepEqual(await watchOf(client, keys).forgotten(""), { atMs: 0, recheckUntilMs: 0 });
  }));

test("a server that started long after the last beat may hold a backup, whatever its settings", () =>
  withServer(async (client, keys) => {
    await heldByAnother(client, keys, 15_000);
    const { atMs, recheckUntilMs } = await watchOf(client, keys).forgotten("");
    await assertSince(client, atMs);
    assert.equal(recheckUntilMs, atMs + dayMs);
    const later = await watchOf(client, keys).forgotten("");
    assert.deepEqual(later, { atMs, recheckUntilMs }, "it stays written down");
  }));

test("data of an older Perch, which has no heartbeat, may be a backup once the server is another", () =>
  withServer(async (client, keys) => {
    await client.hset(keys.server, "runId", "another", "forgotMs", 0);
    await assertSince(client, (await watchOf(client, keys).forgotten("")).atMs);
  }));

test("what was queued before a server whose data knows no worker may come from a backup; no request repeats it", () =>
  withServer(async (client, keys) => {
    const { atMs, recheckUntilMs } = await watchOf(client, keys).forgotten("");
    await assertSince(client, atMs);
    assert.equal(recheckUntilMs, 0);
  }));

test("data whose last beat is older than one that was acknowledged is a backup, however young", () =>
  withServer(async (client, keys) => {
    const watch = watchOf(client, keys);
    await watch.heartbeat();
    await client.hincrby(keys.server, "aliveMs", -1);
    const beforeMs = Date.now();
    await watch.heartbeat();
    const { atMs, recheckUntilMs } = await watch.forgotten("");
    assert.ok(atMs >= beforeMs);
    assert.equal(recheckUntilMs, atMs + dayMs);
  }));

test("a beat of each of two workers is no backup to the other", () =>
  withServer(async (client, keys) => {
    const [one, other] = [watchOf(client, keys), watchOf(client, keys)];
    for (const watch of [one, other, one, other]) await watch.heartbeat();
    assert.equal((await one.forgotten("")).recheckUntilMs, 0);
  }));

test("the server is read again after a lost connection", () =>
  withServer(async (client, keys) => {
    const watch = watchOf(client, keys);
    await watch.forgotten("");
    await heldByAnother(client, keys, 15_000);
    assert.equal((await watch.forgotten("")).recheckUntilMs, 0, "it is remembered");
    client.disconnect(true);
    await until("the backup is noticed", async () => (await watch.forgotten("")).recheckUntilMs > 0);
  }));

test("looks that people have ended end within a minute in every worker", () =>
  withServer(async (client, keys) => {
    await heldByAnother(client, keys, 15_000);
    let nowMs = Date.now();
    const watch = createRestartWatch({ client, keys, now: () => nowMs });
    const { atMs, recheckUntilMs } = await watch.forgotten("");
    assert.ok(recheckUntilMs > 0);
    await client.hdel(keys.server, "restoredMs");
    nowMs += 61_000;
    assert.deepEqual(await watch.forgotten(""), { atMs, recheckUntilMs: 0 });
  }));

test("workers write down again and again that they are at work", () =>
  withStack({ startsPaused: true }, async ({ client, keys, startAnotherWorker }) => {
    await startAnotherWorker();
    const aliveMs = async () => Number(await client.hget(keys.server, "aliveMs"));
    const firstMs = await aliveMs();
    assert.ok(firstMs > Date.now() - 60_000, "before it takes an install");
    await until("two beats have come", async () => (await aliveMs()) > firstMs + 200);
  }));

test("beats never go back, so a failover to a server whose clock is behind is no backup", () =>
  withServer(async (client, keys) => {
    const watch = watchOf(client, keys);
    await watch.heartbeat();
    const aheadMs = Date.now() + 20_000;
    await client.hset(keys.server, "aliveMs", aheadMs);
    await watch.heartbeat();
    assert.equal(Number(await client.hget(keys.server, "aliveMs")), aheadMs);
    await watch.heartbeat();
    assert.equal((await watch.forgotten("")).recheckUntilMs, 0);
  }));

test("a doubt that was noted with a beat long after a process's own last one is not that process's to end", () =>
  withServer(async (client, keys) => {
    const watch = watchOf(client, keys);
    await watch.heartbeat();
    const seenMs = Number(await client.hget(keys.server, "aliveMs"));
    await client.hset(keys.server, { restoredMs: seenMs, doubtedAliveMs: seenMs + 20_000 });
    await watch.heartbeat();
    assert.equal((await watch.forgotten("")).recheckUntilMs, seenMs + dayMs);
  }));

test("a suspected restore is reported once when it begins and once when it ends", () =>
  withServer(async (client, keys) => {
    const told: number[] = [];
    const onRestoreSuspected = (restoredMs: number) => told.push(restoredMs);
    const watch = createRestartWatch({ client, keys, now: Date.now, onRestoreSuspected });
    await watch.heartbeat();
    await client.hset(keys.server, "restoredMs", 5000);
    await watch.heartbeat();
    await watch.heartbeat();
    await endRecheck({ client, keys });
    await watch.heartbeat();
    assert.deepEqual(told, [5000, 0]);
  }));
