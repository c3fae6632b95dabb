import assert from "node:assert/strict";
import test from "node:test";
import { createKeys } from "../../src/queue/keyspace/keys.ts";
import { shardOfId } from "../../src/queue/keyspace/shards.ts";
import { checkRedis, UnsafeRedisError } from "../../src/redis/check.ts";
import { healthyEnv, runDoctor } from "../integration/doctor-fixture.ts";
import { withPerchFolder } from "../support/perch.ts";
import { withRedisCluster } from "../support/redis-cluster.ts";
import { type RedisServer, untilReplicated } from "../support/redis-servers.ts";
import { installRequest } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";

const prefix = "{perch}";
const shards = 3;
const keys = createKeys(prefix, shards);

/** A request for a number of a workspace of its own. */
const requestOf = (n: number) =>
  installRequest(n, { workspaceId: `00000000-0000-4000-8000-${String(n).padStart(12, "0")}` });

/** Enqueues while a master may be away, as a caller would who is told to send again. */
const enqueued = ({ producer }: Stack, n: number): Promise<string> =>
  until("a request is taken", () =>
    producer.enqueue(requestOf(n)).then(
      ({ install }) => install.id,
      () => undefined,
    ),
  );

/** A stack whose worker is a process, which is killed in the end: after a failover BullMQ may not close one. */
const withWorkerProcess = (settings: StackOptions, use: (stack: Stack) => Promise<void>): Promise<void> =>
  withStack(settings, (stack) =>
    withPerchFolder(async ({ run }) => {
      const worker = run(["worker"], {
        env: {
          REDIS_URL: stack.redisUrl,
          SHARDS: String(shards),
          BIRD_API_URL: stack.sandbox.url,
          BIRD_ACCESS_KEY: stack.sandbox.accessKey,
          SEALING_KEYS: stack.sealingKeyText,
          BIRD_REQUEST_TIMEOUT_MS: "1000",
          SUBMISSION_LOOK_DELAYS_MS: "100,300,1000",
          CHANNEL_FIRST_POLL_MS: "60000",
        },
      });
      await worker.prints(/worker runs/);
      try {
        await use(stack);
      } finally {
        worker.process.kill("SIGKILL");
        await worker.ended;
      }
    }),
  );

/** Two masters of three are set wrong, and those are the ones the doctor names. */
const assertDoctorLooksAtAll = async (stack: Stack, masters: readonly RedisServer[]): Promise<void> => {
  const check = async (id: string) => {
    const { checks } = await runDoctor(healthyEnv(stack), { keys, workspace: undefined });
    return checks.filter((each) => each.id.split(":", 1)[0] === id);
  };
  const [well, ...others] = await check("redis_eviction");
  assert.deepEqual([well?.status, others], ["ok", []]);
  assert.match(well?.summary ?? "", /^Each of 3 masters/);
  const setAll = (policy: string) =>
    Promise.all(
      masters.map((master) => master.use((redis) => redis.config("SET", "maxmemory-policy", policy))),
    );
  await setAll("allkeys-lru");
  const ill = await check("redis_eviction");
  assert.ok(ill.every(({ status, summary }) => status === "fail" && summary.startsWith("Redis may evict")));
  assert.deepEqual(
    ill.map(({ id }) => id).sort(),
    masters.map(({ port }) => `redis_eviction:127.0.0.1:${port}`).sort(),
  );
  await assert.rejects(checkRedis(stack.client), UnsafeRedisError);
  await setAll("noeviction");
  assert.deepEqual(await checkRedis(stack.client), []);
};

test("shards lie on all masters of a cluster, and installs outlive two of these without being created twice", () =>
  withRedisCluster(async (cluster) => {
    const masters = await Promise.all(keys.shards.map((shard) => cluster.masterOf(shard.prefix)));
    assert.equal(new Set(masters).size, shards);
    const faults = [{ times: "always", fault: { kind: "event_late", delayMs: 1500 } }] as const;
    const settings = { redisUrl: cluster.url, prefix, shards, sandbox: { faults }, startsPaused: true };
    await withWorkerProcess(settings, async (stack) => {
      const { producer, sandbox } = stack;
      await assertDoctorLooksAtAll(stack, masters.slice(1));
      const ids: string[] = [];
      const enqueueMore = async (count: number): Promise<void> => {
        for (let n = 0; n < count; n += 1) ids.push(await enqueued(stack, ids.length));
      };
      const allCreated = () =>
        until("all wait for their events", async () => {
          const installs = await producer.installs.findMany(ids);
          return installs.every((install) => install?.connectorId !== undefined);
        });
      const rows = Array.from({ length: 12 }, (_, n) => ({ row: n + 1, input: requestOf(50 + n) }));
      const { batchId, rows: imported } = await producer.importRows(rows, { name: "cluster" });
      await Array.fromAsync(imported);

      // The second one has the home shard.
      for (const master of [masters[1], masters[0]]) {
        await enqueueMore(10);
        await allCreated();
        if (master === undefined) throw new RangeError("a master");
        await untilReplicated(master);
        await master.kill();
        await enqueueMore(4);
      }
      assert.equal(new Set(ids.map(shardOfId)).size, shards);
      for (const id of ids) {
        const ended = await producer.waitFor(id, { timeoutMs: 30_000 });
        assert.equal(ended.status, "completed", JSON.stringify(ended));
      }
      await until("the batch has finished", async () => {
        const batch = await producer.batches.find(batchId).catch(() => undefined);
        return batch?.status === "finished" && batch.completed === rows.length;
      });
      const { creates } = sandbox.report();
      assert.equal(Object.keys(creates).length, ids.length + rows.length);
      assert.deepEqual([...new Set(Object.values(creates))], [1]);
    });
  }));
