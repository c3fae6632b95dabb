import assert from "node:assert/strict";
import test from "node:test";
import { createProducer } from "../../src/producer/producer.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { type Perch, withPerchFolder } from "../support/perch.ts";
import { installRequest } from "../support/request.ts";
import { until } from "../support/until.ts";

/** A worker process with one install in hand whose create Bird does not answer. */
const withBusyWorker = async (
  fault: FaultRule["fault"],
  use: (busy: {
    worker: Perch;
    startWorker: () => Perch;
    find: () => ReturnType<typeof findInstall>;
  }) => Promise<void>,
): Promise<void> => {
  await withPrivateRedis(async ({ url }) => {
    await using opened = new AsyncDisposableStack();
    const sandbox = await startSandbox({ faults: [{ fault }] });
    opened.defer(() => sandbox.close());
    const sealingKeys = generateSealingKey();
    const producer = await createProducer({ redisUrl: url, sealingKeys });
    opened.defer(() => producer.close());
    await withPerchFolder(async ({ run }) => {
      const env = {
        REDIS_URL: url,
        SEALING_KEYS: sealingKeys,
        BIRD_API_URL: sandbox.url,
        BIRD_ACCESS_KEY: sandbox.accessKey,
        BIRD_REQUEST_TIMEOUT_MS: "120000",
      };
      const startWorker = (): Perch => run(["worker"], { env });
      const worker = startWorker();
      await worker.prints(/worker runs/);
      const { install } = await producer.enqueue(installRequest());
      await until("the create has reached Bird", async () => sandbox.report().connectors.length === 1);
      await use({ worker, startWorker, find: () => findInstall(producer, install.id) });
    });
  });
};

const findInstall = async (producer: Awaited<ReturnType<typeof createProducer>>, id: string) =>
  (await producer.installs.find(id)) ?? assert.fail("the install is there");

test("SIGTERM ends a worker within 25 s though Bird does not answer; its install goes back at no cost", async () => {
  await withBusyWorker({ kind: "slow", delayMs: 100_000 }, async ({ worker, find }) => {
    const startMs = performance.now();
    worker.process.kill("SIGTERM");
    const { code, stderr } = await worker.ended;
    assert.equal(code, 0, stderr);
    assert.ok(performance.now() - startMs < 25_000);
    const install = await find();
    assert.deepEqual([install.status, install.attempts], ["retrying", 0]);
  });
});

test("a second signal ends a worker at once", async () => {
  await withBusyWorker({ kind: "slow", delayMs: 100_000 }, async ({ worker }) => {
    const startMs = performance.now();
    worker.process.kill("SIGTERM");
    await worker.prints(/stopping/);
    worker.process.kill("SIGTERM");
    await worker.ended;
    assert.ok(performance.now() - startMs < 5000, "not after the grace of twenty seconds");
  });
});

test("a rolling restart costs no attempt: the old worker ends its call, the new one goes on", async () => {
  await withBusyWorker({ kind: "slow", delayMs: 1500 }, async ({ worker, startWorker, find }) => {
    const next = startWorker();
    await next.prints(/worker runs/);
    worker.process.kill("SIGTERM");
    assert.equal((await worker.ended).code, 0);
    const install = await find();
    assert.deepEqual([install.status, install.attempts], ["awaiting_channel", 1]);
  });
});
