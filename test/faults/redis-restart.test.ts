import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { trustRedisCommand } from "../../src/cli/redis/trust-redis.ts";
import { createReadFleet } from "../../src/queue/maintenance/fleet-state.ts";
import { startPrivateRedis, withPrivateRedis } from "../integration/private-redis.ts";
import { killServer } from "../servers/embedded-redis-harness.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

/** Longer than two beats, from where on a restart with nobody who lived through it looks like a restored backup. */
const offMs = 11_000;

/** Ends Redis and starts it again on the same files; it writes each command to the disk before it answers. */
const restart = async (stack: Stack, dataDir: string): Promise<void> => {
  await killServer(stack.redisUrl);
  await pause(offMs);
  await startPrivateRedis(dataDir);
  await until("the producer is back", () =>
    stack.producer.installs.find("x").then(
      () => true,
      () => false,
    ),
  );
};

const doubted = async ({ client, keys }: Stack): Promise<number> =>
  (await createReadFleet({ client, keys })()).rechecking;

test("bug: a restart of Redis that a worker lived through makes new installs wait half a minute", (t) =>
  withPrivateRedis(({ url, dataDir }) =>
    withStack({ redisUrl: url, worker: { requestTimeoutMs: 30_000 } }, async (stack) => {
      const { producer, sandbox } = stack;
      const before = await producer.enqueue(installRequest(0));
      assert.equal((await producer.waitFor(before.install.id)).status, "completed");
      await restart(stack, dataDir);
      const startedMs = performance.now();
      const { install } = await producer.enqueue(installRequest(1));
      assert.equal((await producer.waitFor(install.id, { timeoutMs: 8000 })).status, "completed");
      t.diagnostic(`completed ${Math.round(performance.now() - startedMs)} ms after it was enqueued`);
      assert.equal(await doubted(stack), 0);
      assert.equal(sandbox.report().requests.listConnectors?.["200"], undefined, "nobody had to look");
    }),
  ));

test("a restart without a surviving process is suspected, reported, looks before each create, and is ended by an operator", () =>
  withPrivateRedis(({ url, dataDir }) => {
    const faults = [
      { operation: "listConnectors", times: "always", fault: { kind: "status", status: 403 } },
    ] as const;
    const worker = { requestTimeoutMs: 2000 };
    return withStackActions({ redisUrl: url, sandbox: { faults }, worker }, async (stack, { actions }) => {
      const { producer, sandbox, client, keys, log } = stack;
      const before = await producer.enqueue(installRequest(0));
      assert.equal((await producer.waitFor(before.install.id)).status, "completed");
      await stack.worker.close();
      await restart(stack, dataDir);
      await stack.startAnotherWorker();

      const { install } = await producer.enqueue(installRequest(1));
      const ended = await producer.waitFor(install.id, { timeoutMs: 10_000 });
      assert.equal(ended.error?.code, "ambiguous_submission");
      assert.match(ended.error.message, /^Not sent: /);
      assert.match(ended.error.action, /perch doctor --trust-redis/);
      const timeline = await producer.installs.timeline(install.id);
      assert.ok(
        timeline.some(({ what }) => /Redis may hold a restored backup/.test(what)),
        "it says why it waited",
      );
      assert.equal(await doubted(stack), 1);

      const [stdout, stderr] = [new PassThrough(), new PassThrough()];
      const io = { stdin: new PassThrough(), stdout, stderr, isTty: false, isStdinTty: false };
      const trust = (yes: boolean) => trustRedisCommand({ io, client, keys, log }, { yes, json: false });
      assert.equal(await trust(false), 2, "off a terminal it wants --yes");
      assert.equal(await doubted(stack), 1);
      assert.equal(await trust(true), 0);
      assert.equal(await doubted(stack), 0);
      stdout.end();
      assert.match(await text(stdout), /^Redis is trusted/);

      await until("workers know it", async () => {
        await actions.retry(install.id, {}).catch(() => undefined);
        const again = await producer.waitFor(install.id, { timeoutMs: 10_000 });
        return again.status === "completed";
      });
      assert.equal(sandbox.report().connectors.length, 2);
    });
  }));

test("a worker that lived through a restart ends the doubt that one without memory has noted before", () =>
  withStack({}, async (stack) => {
    const { client, keys } = stack;
    // What a worker started after the restart writes when it comes first: the data's last beat is the other's own.
    const beat = Number(await client.hget(keys.server, "aliveMs"));
    await client.hset(keys.server, { restoredMs: beat + offMs, doubtedAliveMs: beat, doubtedFromMs: 0 });
    await until("the doubt is over", async () => (await doubted(stack)) === 0);
  }));
