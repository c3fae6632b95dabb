import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import { startPrivateRedis, withPrivateRedis } from "../integration/private-redis.ts";
import { killServer } from "../servers/embedded-redis-harness.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

/** Runs a test beside a worker on a machine whose clock is wrong. */
const withSkewedWorker = async (
  stack: Stack,
  { skewMs, settings = {} }: { readonly skewMs: number; readonly settings?: object },
  run: () => Promise<void>,
): Promise<void> => {
  const { redisUrl, keys, sealingKeyText, sandbox } = stack;
  const args = [
    skewMs,
    redisUrl,
    keys.prefix,
    sealingKeyText,
    sandbox.url,
    sandbox.accessKey,
    keys.shards.length,
  ];
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "skewed-process.ts"), ...args.map(String), JSON.stringify(settings)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  try {
    await once(child.stdout, "data");
    await run();
  } finally {
    child.kill("SIGKILL");
  }
};

const runsOf = async ({ client, keys }: Stack, installIds: readonly string[]): Promise<number> => {
  const runs = await Promise.all(installIds.map((id) => client.hget(keys.ofInstall(id).job(id), "ats")));
  return runs.reduce((sum, each) => sum + Number(each), 0);
};

const lookDelaysMs = [300, 1500, 3000];

for (const skewMs of [20_000, -20_000]) {
  test(`looks of a machine whose clock is ${skewMs} ms wrong find what Bird lists late`, () => {
    const faults = [
      { times: 1, fault: { kind: "answer_lost" } },
      { times: "always", fault: { kind: "list_lag", delayMs: 1000 } },
      { fault: { kind: "event_never" } },
    ] as const;
    const sandbox = { faults };
    return withStack({ startsPaused: true, sandbox }, async (stack) => {
      const { producer } = stack;
      const first = await stack.startAnotherWorker({ lookDelaysMs });
      const { install } = await producer.enqueue(installRequest(0));
      await until("its create is not answered", async () =>
        (await producer.installs.timeline(install.id)).some(({ what }) => /not answered/.test(what)),
      );
      await first.close({ graceMs: 100 });
      await withSkewedWorker(stack, { skewMs, settings: { lookDelaysMs, firstPollMs: 100 } }, async () => {
        // Late, where the clock that it was parked by has gone and the one left is behind; never early.
        const ended = await producer.waitFor(install.id, { timeoutMs: 40_000 });
        assert.equal(ended.status, "completed");
        assert.equal(stack.sandbox.report().connectors.length, 1);
      });
    });
  });

  test(`installs that wait for their place run no hotter beside a worker whose clock is ${skewMs} ms wrong`, () => {
    const settings = { postsPerSecond: 5, concurrency: 4 };
    return withStack({ startsPaused: true }, async (stack) => {
      const { producer } = stack;
      await stack.startAnotherWorker(settings);
      await withSkewedWorker(stack, { skewMs, settings }, async () => {
        const ids: string[] = [];
        for (let n = 0; n < 20; n += 1) ids.push((await producer.enqueue(installRequest(n))).install.id);
        for (const id of ids) {
          const { status } = await producer.waitFor(id, { timeoutMs: 20_000 });
          assert.equal(status, "completed");
        }
        assert.equal(stack.sandbox.report().connectors.length, 20);
        // One for the gate, one at its place, one with its channel, and a few that came early.
        const runs = await runsOf(stack, ids);
        assert.ok(runs <= 20 * 5, `${runs} runs of 20 installs`);
      });
    });
  });
}

for (const skewMs of [3000, -3000]) {
  test(`held installs are not run in a hot loop by a worker whose clock is ${skewMs} ms wrong`, () => {
    const { phoneNumber } = installRequest(0);
    const faults = [{ phoneNumber, fault: { kind: "status", status: 429, retryAfterSeconds: 2 } }] as const;
    return withStack({ startsPaused: true, sandbox: { faults } }, async (stack) => {
      const { producer, client, keys } = stack;
      const first = await stack.startAnotherWorker({ concurrency: 1 });
      const ids: string[] = [];
      for (let n = 0; n < 20; n += 1) ids.push((await producer.enqueue(installRequest(n))).install.id);
      const [id = ""] = ids;
      await until("installs wait for the hold", async () => {
        return (await client.zcard(keys.ofInstall(id).heldInstalls(workspaceId))) > 0;
      });
      await first.close({ graceMs: 100 });
      const before = await runsOf(stack, ids);
      await withSkewedWorker(stack, { skewMs, settings: { concurrency: 4 } }, async () => {
        for (const each of ids) {
          const { status } = await producer.waitFor(each, { timeoutMs: 30_000 });
          assert.equal(status, "completed");
        }
      });
      // One that hears of the hold, one that sends, one with its channel; tries that are held again; a few early ones.
      const runs = (await runsOf(stack, ids)) - before;
      assert.ok(runs <= 20 * 6, `${runs} runs of 20 installs`);
      assert.equal(stack.sandbox.report().connectors.length, 20);
    });
  });
}

test("bug: an install of a producer whose clock is ahead is not looked for after Redis forgot its run", () =>
  withPrivateRedis(async ({ url, dataDir }) => {
    const worker = { requestTimeoutMs: 1000, firstPollMs: 200, lookDelaysMs: [100, 500, 1500] };
    const trueNow = Date.now;
    const sandbox = { faults: [{ fault: { kind: "event_never" } }], now: trueNow } as const;
    await withStack({ redisUrl: url, sandbox, worker, startsPaused: true }, async (stack) => {
      const { producer, client } = stack;
      Date.now = () => trueNow() + 20_000;
      const { install } = await producer.enqueue(installRequest(3)).finally(() => {
        Date.now = trueNow;
      });
      const dir = join(dataDir, "redis/appendonlydir");
      const log = join(dir, (await readdir(dir)).find((name) => name.endsWith(".incr.aof")) ?? "");
      const { size } = await stat(log);
      const first = await stack.startAnotherWorker();
      await until("it is bound", async () => (await producer.installs.find(install.id))?.connectorId);
      await first.close();
      await killServer(url);
      const file = await open(log, "r+");
      await file.truncate(size);
      await file.close();
      assert.equal((await readFile(log)).length, size);
      await startPrivateRedis(dataDir);
      await until("Redis is back", () =>
        client.config("SET", "appendfsync", "everysec").then(
          () => true,
          () => false,
        ),
      );
      await until("the producer is back", () => producer.installs.find(install.id).catch(() => undefined));
      await stack.startAnotherWorker();
      const ended = await producer.waitFor(install.id, { timeoutMs: 20_000 });
      assert.equal(ended.status, "completed");
      assert.equal(stack.sandbox.report().creates[`${workspaceId}/${install.phoneId}`], 1, "one connector");
    });
  }));
