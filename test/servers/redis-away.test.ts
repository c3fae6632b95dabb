import assert from "node:assert/strict";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { RedisUnavailableError } from "../../src/producer/index.ts";
import { createWriteProbe } from "../../src/queue/redis-state/write-probe.ts";
import { openAdmin } from "../../src/roles/metrics.ts";
import { startPrivateRedis, withPrivateRedis } from "../integration/private-redis.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

/** Ends the server at once, as a crash would. */
const killRedis = async (dataDir: string): Promise<void> => {
  const pid = Number(await readFile(join(dataDir, "redis/redis.pid"), "utf8"));
  process.kill(pid, "SIGKILL");
  await until("Redis is gone", async () => !isRunning(pid));
};

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

test("while Redis is unreachable callers get an error at once, and everything continues afterwards", async () => {
  await withPrivateRedis(async ({ url, dataDir }) => {
    const faults = [{ fault: { kind: "event_late", delayMs: 400 } }] as const;
    await withStack({ redisUrl: url, sandbox: { faults } }, async ({ producer, webhook, sandbox }) => {
      const { install } = await producer.enqueue(installRequest(1));
      await until(
        "it waits for its event",
        async () => (await producer.installs.find(install.id))?.connectorId,
      );
      await killRedis(dataDir);
      await until("the loss is noticed", async () => (await fetch(`${webhook.url}/readyz`)).status === 503);
      const startMs = performance.now();
      await assert.rejects(producer.enqueue(installRequest(2)), RedisUnavailableError);
      assert.ok(performance.now() - startMs < 6000, "it does not hang");
      await until("an event was refused", async () => sandbox.report().events.refused > 0);

      const redis = await startPrivateRedis(dataDir);
      const again = await until("Redis takes installs again", () =>
        producer.enqueue(installRequest(2)).catch(() => undefined),
      );
      for (const id of [install.id, again.install.id]) {
        const ended = await producer.waitFor(id, { timeoutMs: 20_000 });
        assert.equal(ended.status, "completed");
        assert.equal(sandbox.report().creates[`${workspaceId}/${ended.phoneId}`], 1);
      }
      assert.ok(redis.started);
    });
  });
});

const serviceOf = (line: string): string | undefined => /"service":"(\w+)"/.exec(line)?.[1];

test("an unreachable Redis is one line a role in plain words, and readiness one when it changes", async () => {
  const lines: string[] = [];
  const of = (message: string): readonly string[] =>
    lines.filter((line) => line.includes(`"msg":"${message}`));
  await withPrivateRedis(async ({ url, dataDir }) => {
    await withStack({ redisUrl: url, onLogLine: (line) => lines.push(line) }, async (stack) => {
      const api = await stack.startAnApi();
      await using opened = new AsyncDisposableStack();
      const { client, keys, log, metrics } = stack;
      const connection = { client, probe: createWriteProbe({ client, keys }) };
      const admin = { service: "worker", setting: "WORKER_PORT", host: "127.0.0.1", port: 0 } as const;
      const workerUrl = await openAdmin({ keys, log, metrics, opened, connection }, admin);
      const urls = [stack.webhook.url, api.url, workerUrl];
      /** The status of all, once it is the same. */
      const ready = async () => {
        const statuses = await Promise.all(urls.map(async (url) => (await fetch(`${url}/readyz`)).status));
        return new Set(statuses).size === 1 ? statuses[0] : undefined;
      };
      assert.equal(await ready(), 200);
      const before = lines.length;
      await killRedis(dataDir);
      await until("the loss is noticed", async () => (await ready()) === 503);
      const startMs = performance.now();
      await until("the loops of three seconds have failed", async () => {
        assert.equal(await ready(), 503);
        await fetch(`${api.url}/v1/installs`);
        return performance.now() - startMs > 3000;
      });
      const loud = lines.slice(before).filter((line) => /"level":"?(error|warn|50|40)/.test(line));
      assert.ok(
        loud.length > 0 && loud.length <= 3,
        `worker, webhook service and API say it once: ${loud.join("")}`,
      );
      assert.deepEqual(
        loud.filter((line) => !line.includes("Redis takes no work")),
        [],
      );
      assert.ok(!lines.some((line) => line.includes("Stream isn't writeable")));
      assert.deepEqual(of("not ready").map(serviceOf).sort(), ["api", "webhook", "worker"]);
      const redis = await startPrivateRedis(dataDir);
      await until("it is ready", async () => (await ready()) === 200);
      assert.deepEqual(of("ready again").map(serviceOf).sort(), ["api", "webhook", "worker"]);
      assert.ok(redis.started);
    });
  });
});

test("a Redis that comes back without its last second creates nothing twice", async () => {
  await withPrivateRedis(async ({ url, dataDir }) => {
    const faults = [{ fault: { kind: "event_never" } }] as const;
    // A slow machine must not make a create that is still on its way look like none.
    const settings = { requestTimeoutMs: 1000, firstPollMs: 200, lookDelaysMs: [100, 500, 1500] };
    const stack = { redisUrl: url, sandbox: { faults }, worker: settings, startsPaused: true };
    await withStack(stack, async ({ producer, sandbox, client, startAnotherWorker }) => {
      const { install } = await producer.enqueue(installRequest(3));
      const log = await appendOnlyFile(dataDir);
      const { size } = await stat(log);
      const first = await startAnotherWorker();
      await until("it is bound", async () => (await producer.installs.find(install.id))?.connectorId);
      await first.close();
      await killRedis(dataDir);
      const file = await open(log, "r+");
      await file.truncate(size);
      await file.close();
      await startPrivateRedis(dataDir);
      await until("the connection is back", () =>
        client.config("SET", "appendfsync", "everysec").catch(() => undefined),
      );
      // The producer has a connection of its own, which comes back in its own time.
      const forgotten = await until("the producer is back", () =>
        producer.installs.find(install.id).catch(() => undefined),
      );
      assert.equal(forgotten.status, "queued", "Redis has forgotten the run");

      await startAnotherWorker();
      const ended = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      assert.equal(ended.status, "completed");
      assert.equal(sandbox.report().creates[`${workspaceId}/${install.phoneId}`], 1);
      const timeline = await producer.installs.timeline(install.id);
      assert.ok(timeline.some(({ what }) => /adopted/.test(what)));
    });
  });
});

/** The file Redis appends to now. */
const appendOnlyFile = async (dataDir: string): Promise<string> => {
  const dir = join(dataDir, "redis/appendonlydir");
  const name = (await readdir(dir)).find((file) => file.endsWith(".incr.aof"));
  return join(dir, name ?? assert.fail("there is an append-only file"));
};
