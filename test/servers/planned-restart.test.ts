import assert from "node:assert/strict";
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { startPrivateRedis } from "../../src/cli/open/start-private-redis.ts";
import { createKeys, type Keys } from "../../src/queue/keyspace/keys.ts";
import { findRecheck } from "../../src/queue/redis-state/restart-recheck.ts";
import { createRestartWatch } from "../../src/queue/redis-state/restart-watch.ts";
import type { RedisClient } from "../../src/redis/client.ts";
import { closeRedis, connectRedis } from "../../src/redis/connection.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { findTestServer, killServer, withDataDir } from "./embedded-redis-harness.ts";

const start = async (dataDir: string) =>
  startPrivateRedis({ dataDir, serverBin: await findTestServer(), allowDownload: false });

/** Runs the private Redis and stops it as Ctrl-C does. */
const whileRunning = async (dataDir: string, use: (url: string) => Promise<void>): Promise<void> => {
  const redis = await start(dataDir);
  assert.equal(redis.started, true);
  try {
    await use(redis.url);
  } finally {
    await redis.stop();
  }
};

const withKeys = async (
  url: string,
  use: (deps: { readonly client: RedisClient; readonly keys: Keys }) => Promise<void>,
): Promise<void> => {
  const client = await connectRedis(url, { whenAway: "wait", name: "test" });
  try {
    await use({ client, keys: createKeys() });
  } finally {
    await closeRedis(client);
  }
};

const heartbeat = ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  createRestartWatch({ client, keys, now: Date.now }).heartbeat();

/** A worker was at work a minute ago, by what the data say, and no process is left that knows of it. */
const workedAMinuteAgo = (url: string): Promise<void> =>
  withKeys(url, async (deps) => {
    await heartbeat(deps);
    for (const { server } of deps.keys.shards) await deps.client.hincrby(server, "aliveMs", -60_000);
  });

const isDoubted = async (url: string): Promise<boolean> => {
  let found: unknown;
  await withKeys(url, async (deps) => {
    await heartbeat(deps);
    found = await findRecheck(deps, Date.now());
  });
  return found !== undefined;
};

const looked = async (): Promise<void> => undefined;

test("bug: stopping everything and starting it again makes the next install wait for a minute", (t) =>
  withDataDir(async (dataDir) => {
    const prefix = "{perch}";
    const worker = { requestTimeoutMs: 30_000 };
    await whileRunning(dataDir, async (url) => {
      await withStack({ redisUrl: url, prefix, worker }, async ({ producer }) => {
        const { install } = await producer.enqueue(installRequest(0));
        assert.equal((await producer.waitFor(install.id)).status, "completed");
      });
      await withKeys(url, async ({ client, keys }) => {
        await client.hincrby(keys.server, "aliveMs", -60_000);
      });
    });
    await whileRunning(dataDir, (url) =>
      withStack({ redisUrl: url, prefix, worker }, async ({ producer, sandbox, client, keys }) => {
        const startedMs = performance.now();
        const { install } = await producer.enqueue(installRequest(1));
        assert.equal((await producer.waitFor(install.id, { timeoutMs: 8000 })).status, "completed");
        t.diagnostic(`completed ${Math.round(performance.now() - startedMs)} ms after it was enqueued`);
        assert.equal(await findRecheck({ client, keys }, Date.now()), undefined);
        assert.equal(sandbox.report().requests.listConnectors?.["200"], undefined, "nobody had to look");
      }),
    );
  }));

test("a command that only looks between two starts leaves the proof to the next", () =>
  withDataDir(async (dataDir) => {
    await whileRunning(dataDir, workedAMinuteAgo);
    await whileRunning(dataDir, looked);
    await whileRunning(dataDir, looked);
    await whileRunning(dataDir, async (url) => assert.equal(await isDoubted(url), false));
  }));

test("every shard of a private Redis goes on without a doubt", () =>
  withDataDir(async (dataDir) => {
    const keys = createKeys(undefined, 2);
    const age = (url: string) =>
      withKeys(url, async ({ client }) => {
        await client.set(keys.home().shardCount, 2);
        await heartbeat({ client, keys });
        for (const { server } of keys.shards) await client.hincrby(server, "aliveMs", -60_000);
      });
    await whileRunning(dataDir, age);
    await whileRunning(dataDir, (url) =>
      withKeys(url, async ({ client }) => {
        await heartbeat({ client, keys });
        assert.equal(await findRecheck({ client, keys }, Date.now()), undefined);
      }),
    );
  }));

const backUp = (dataDir: string) =>
  cp(join(dataDir, "redis"), join(dataDir, "backup"), {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !path.endsWith(".fifo"),
  });
const restore = async (dataDir: string): Promise<void> => {
  await rm(join(dataDir, "redis"), { recursive: true });
  await cp(join(dataDir, "backup"), join(dataDir, "redis"), { recursive: true, preserveTimestamps: true });
};

test("a backup that was taken and restored while everything was stopped is doubted", () =>
  withDataDir(async (dataDir) => {
    await whileRunning(dataDir, workedAMinuteAgo);
    await backUp(dataDir);
    await restore(dataDir);
    await whileRunning(dataDir, async (url) => assert.equal(await isDoubted(url), true));
  }));

test("a restored backup is doubted although a command that only looks ran on it and stopped it cleanly", () =>
  withDataDir(async (dataDir) => {
    await whileRunning(dataDir, workedAMinuteAgo);
    await backUp(dataDir);
    await restore(dataDir);
    await whileRunning(dataDir, looked);
    await whileRunning(dataDir, async (url) => assert.equal(await isDoubted(url), true));
  }));

test("the whole of a data folder of before an upgrade, put back after it, is doubted", () =>
  withDataDir(async (dataDir) => {
    await whileRunning(dataDir, workedAMinuteAgo);
    await backUp(dataDir);
    await whileRunning(dataDir, workedAMinuteAgo);
    await restore(dataDir);
    await whileRunning(dataDir, async (url) => assert.equal(await isDoubted(url), true));
  }));

test("a private Redis that was killed is suspected of a restored backup, without proof of what it left", () =>
  withDataDir(async (dataDir) => {
    const redis = await start(dataDir);
    await workedAMinuteAgo(redis.url);
    await killServer(redis.url);
    await whileRunning(dataDir, async (url) => assert.equal(await isDoubted(url), true));
  }));

test("data that something wrote after the clean stop are doubted", () =>
  withDataDir(async (dataDir) => {
    await whileRunning(dataDir, workedAMinuteAgo);
    await cp(join(dataDir, "redis/appendonlydir"), join(dataDir, "copy"), { recursive: true });
    await cp(join(dataDir, "copy"), join(dataDir, "redis/appendonlydir"), { recursive: true, force: true });
    await whileRunning(dataDir, async (url) => assert.equal(await isDoubted(url), true));
  }));
