import assert from "node:assert/strict";
import test from "node:test";
import { ulid } from "ulid";
import { parseInput } from "../../src/install/errors/input-error.ts";
import { installRequestSchema } from "../../src/install/request.ts";
import { putInstalls } from "../../src/producer/put/put-installs.ts";
import { createInstalls } from "../../src/queue/installs/installs.ts";
import { createInstallsQueues } from "../../src/queue/installs/queue.ts";
import { createWorkspaceIndex } from "../../src/queue/keyspace/workspace-index.ts";
import { createSeal } from "../../src/queue/secrets/seal.ts";
import { connectRole } from "../../src/roles/role.ts";
import { startWorkerRole } from "../../src/roles/worker.ts";
import type { FaultRule } from "../../src/sandbox/faults/rule.ts";
import { durable, withRedisServers } from "../support/redis-servers.ts";
import { installRequest } from "../support/request.ts";
import { quickSettings, type Stack, withStack } from "../support/stack.ts";
import { withStackActions } from "../support/stack-actions.ts";
import { until } from "../support/until.ts";

/** Looks that are over long before the list shows a new connector: only the wait for the call protects. */
const lookDelaysMs = [50, 100, 200];
/** The first create of each number is cut off before Bird has made anything; all others are answered late. */
const faults = (lagMs: number): FaultRule[] => [
  { times: 1, fault: { kind: "reset" } },
  { times: "always", fault: { kind: "slow", delayMs: 400 } },
  { times: "always", fault: { kind: "list_lag", delayMs: lagMs } },
];

const made = ({ sandbox }: Stack): number => sandbox.report().connectors.length;

const connectorOf = ({ producer }: Stack, installId: string): Promise<string> =>
  until("the install has its connector", async () => (await producer.installs.find(installId))?.connectorId);

/** A worker with a connection of its own, which can be lost for good as if its process were killed. */
const startDoomed = async (stack: Stack, requestTimeoutMs: number) => {
  const opened = new AsyncDisposableStack();
  const { redisUrl, keys, log } = stack;
  const role = { redisUrl, keys, log, opened };
  const connection = await connectRole("worker", role);
  const { client } = connection;
  await startWorkerRole({
    ...role,
    connection,
    seal: createSeal(stack.sealingKeys),
    settings: {
      birdApiUrl: stack.sandbox.url,
      birdAccessKey: stack.sandbox.accessKey,
      ...quickSettings,
      requestTimeoutMs,
      lookDelaysMs,
    },
    stall: { lockDurationMs: 600, stalledIntervalMs: 100 },
    sweepEveryMs: 200,
    graceMs: 0,
  });
  return {
    die: () => client.disconnect(false),
    [Symbol.asyncDispose]: async () => {
      await client.connect();
      await opened.disposeAsync();
    },
  };
};

test("bug: a worker lost between its second create and the bind leaves an install that is posted again", () =>
  withStack(
    { startsPaused: true, sandbox: { channelDelayMs: 60_000, faults: faults(7000) } },
    async (stack) => {
      await using doomed = await startDoomed(stack, 7000);
      const { install } = await stack.producer.enqueue(installRequest(0));
      await until("Bird has made a connector", async () => made(stack) === 1);
      doomed.die();
      await stack.startAnotherWorker({ requestTimeoutMs: 7000, lookDelaysMs });
      const { client, keys } = stack;
      await until(
        "it runs again",
        async () => Number(await client.hget(keys.ofInstall(install.id).job(install.id), "ats")) > 4,
      );
      const connectorId = await connectorOf(stack, install.id);
      assert.equal(made(stack), 1, "one connector");
      assert.equal(connectorId, stack.sandbox.report().connectors[0]?.id);
    },
  ));

test("bug: a run that cannot bind what its second create made is followed by one that posts again", () =>
  withRedisServers(async (start) => {
    const server = await start(durable);
    const sandbox = { channelDelayMs: 60_000, faults: faults(2000) };
    await withStack({ redisUrl: server.url, startsPaused: true, sandbox }, async (stack) => {
      await stack.startAnotherWorker({ lookDelaysMs });
      const { install } = await stack.producer.enqueue(installRequest(0));
      await until("Bird has made a connector", async () => made(stack) === 1);
      await server.use((redis) => redis.config("SET", "maxmemory", "1000000"));
      const { client, keys } = stack;
      await until(
        "the run could not bind",
        async () => (await client.exists(keys.ofInstall(install.id).lock(install.id))) === 0,
      );
      await server.use((redis) => redis.config("SET", "maxmemory", "0"));
      await connectorOf(stack, install.id);
      assert.equal(made(stack), 1, "one connector");
    });
  }));

test("bug: an install cancelled while its dead worker's create may be out lends the next of its number no guard", () =>
  withStackActions(
    { startsPaused: true, sandbox: { channelDelayMs: 60_000, faults: faults(7000).slice(1) } },
    async (stack, { actions }) => {
      const { producer } = stack;
      await using doomed = await startDoomed(stack, 7000);
      const { install } = await producer.enqueue(installRequest(0));
      await until("Bird has made a connector", async () => made(stack) === 1);
      doomed.die();
      await actions.cancel(install.id);
      await stack.startAnotherWorker({ requestTimeoutMs: 7000, lookDelaysMs });
      await until("it is cancelled", async () => {
        return (await producer.installs.find(install.id))?.status === "cancelled";
      });
      const next = await producer.enqueue(installRequest(0));
      assert.equal(next.created, true);
      await connectorOf(stack, next.install.id);
      assert.equal(made(stack), 1, "one connector");
    },
  ));

test("bug: an install whose last run Redis forgot posts again when its looks are remembered", () =>
  withStack({ startsPaused: true, sandbox: { faults: faults(0).slice(2) } }, async (stack) => {
    const { producer, client, keys } = stack;
    const { install } = await producer.enqueue(installRequest(0));
    const shard = keys.ofInstall(install.id);
    const data = JSON.parse((await client.hget(shard.job(install.id), "data")) ?? "{}");
    // Two looks are written down; the run after the last of them posted, which the server has forgotten.
    const looked = { ...data, clean: 1, unanswered: { sinceMs: Date.now() - 60_000, looks: 2 } };
    await client.hset(shard.job(install.id), { ats: 1, data: JSON.stringify(looked) });
    const runId = /run_id:(\w+)/.exec(await client.info("server"))?.[1] ?? "";
    await client.hset(shard.server, { runId, forgotMs: Date.now(), aliveMs: Date.now() });
    await stack.startAnotherWorker({ requestTimeoutMs: 1000, lookDelaysMs });
    await producer.waitFor(install.id, { timeoutMs: 10_000 });
    assert.equal(stack.sandbox.report().requests.listConnectors?.["200"], 3, "looked anew, in full");
  }));

test("bug: a producer that stood still for two hours after its claim made a second install of the number", () =>
  withStackActions({}, async (stack, { actions }) => {
    const { client, keys, producer } = stack;
    const { retentionMs } = quickSettings;
    const thaw = Promise.withResolvers<void>();
    const seal = createSeal(stack.sealingKeys);
    const claimed = Promise.withResolvers<void>();
    const queues = createInstallsQueues({ client, keys });
    const deps = { client, keys, queues, retentionMs, now: Date.now };
    // What it made before it stood still; sealing comes after the claim and before the job.
    const frozen = putInstalls(
      {
        ...deps,
        installs: createInstalls(deps),
        workspaceIndex: createWorkspaceIndex(deps),
        seal: {
          ...seal,
          seal: async (...args) => {
            claimed.resolve();
            await thaw.promise;
            return seal.seal(...args);
          },
        },
      },
      [
        {
          request: parseInput(installRequestSchema, installRequest(0)),
          newId: ulid(Date.now() - 2 * 3_600_000),
        },
      ],
    );
    await claimed.promise;
    const { install } = await producer.enqueue(installRequest(0));
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");

    thaw.resolve();
    const [late] = await frozen;
    assert.ok(late !== undefined && late.install.id !== install.id);
    const ended = await producer.waitFor(late.install.id, { timeoutMs: 10_000 });
    assert.equal(made(stack), 1, "one connector");
    assert.deepEqual([ended.status, ended.error?.code], ["cancelled", "cancelled"]);
    assert.match(ended.error?.message ?? "", new RegExp(install.id));
    await assert.rejects(actions.retry(ended.id, {}), { message: new RegExp(install.id) });
    await queues.close();
  }));
