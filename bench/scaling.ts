/**
 * How installs a second grow with workers and shards: 1, 2 and 4 worker processes, on one Redis, and on a Redis Cluster of
 * three masters with 1 and with 3 shards; and what an install takes of each kind of process. Bird takes a tenth of a second
 * for a create and a worker has 25 in hand, so one carries 250 a second at most; a row is compared with that, until the
 * machine is busy. What more cores would carry is computed from the processor time, beside what was measured.
 *
 *   npm run bench:scaling [installs per round]
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { createProducer } from "../src/producer/producer.ts";
import { createKeys, sumOfShards } from "../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { closeRedis, connectRedis } from "../src/redis/connection.ts";
import { withRedisCluster } from "../test/support/redis-cluster.ts";
import { watchForeignLoad } from "./foreign-load.ts";
import { print, processMicros, redisMicros, spawnRole, stopAll, sum, withRedis } from "./processes.ts";
import { requests } from "./requests.ts";

const perRound = Number(process.argv[2] ?? 5000);
const warmUp = Math.ceil(perRound / 2);
const concurrency = 25;
const birdMs = 100;
const faults = JSON.stringify([
  { times: "always", operation: "create", fault: { kind: "slow", delayMs: birdMs } },
]);
const sealingKeys = generateSealingKey();

process.env.BENCH_CONCURRENCY = String(concurrency);

let round = 0;

/** Runs on a connection to each server of a Redis. */
type OnServers = <T>(run: (redis: Pick<RedisClient, "info">) => Promise<T>) => Promise<readonly T[]>;

/** What one install took of each kind of process, µs of a processor. */
interface Used {
  readonly worker: number;
  readonly webhook: number;
  readonly producer: number;
  /** Of all Redis servers, their threads for the disk included. */
  readonly redis: number;
  /** Of the busiest server's one thread that runs commands. */
  readonly redisThread: number;
}

const roles = ["worker", "webhook", "producer", "redis", "redisThread"] as const;

/** From the first enqueued to the last completed. */
const measure = async (
  { redisUrl, onServers }: { readonly redisUrl: string; readonly onServers: OnServers },
  workers: number,
  shards: number,
) => {
  process.env.BENCH_SHARDS = String(shards);
  // The tag whose shards lie on all masters of three.
  const prefix = `{perch}:${round++}`;
  const children: ChildProcess[] = [];
  const webhookUrl = await spawnRole(children, "webhook", redisUrl, prefix);
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", webhookUrl, faults);
  for (let n = 0; n < workers; n += 1)
    await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix, shards });
  const client = await connectRedis(redisUrl, { whenAway: "wait", name: "bench" });
  const keys = createKeys(prefix, shards);
  const completed = () => sumOfShards(keys, (shard) => client.zcard(shard.job("completed")));

  const usedSoFar = async () => {
    const [processes, servers] = await Promise.all([processMicros(children), onServers(redisMicros)]);
    return { processes, servers };
  };
  const put = async (first: number, count: number): Promise<void> => {
    for await (const row of producer.enqueueMany(requests(first + count, first))) {
      if ("errors" in row) throw new Error(JSON.stringify(row.errors));
    }
    while ((await completed()) < first + count) await pause(5);
  };
  await put(0, warmUp);
  const load = await watchForeignLoad();
  const before = await usedSoFar();
  const startMs = performance.now();
  await put(warmUp, perRound);
  const perSecond = perRound / ((performance.now() - startMs) / 1000);
  const after = await usedSoFar();

  const each = (role: string): number =>
    ((after.processes.get(role) ?? 0) - (before.processes.get(role) ?? 0)) / perRound;
  const servers = after.servers.map(({ all, thread }, n) => ({
    all: (all - (before.servers[n]?.all ?? 0)) / perRound,
    thread: (thread - (before.servers[n]?.thread ?? 0)) / perRound,
  }));
  const used: Used = {
    worker: each("worker"),
    webhook: each("webhook"),
    producer: each("producer"),
    redis: sum(servers.map(({ all }) => all)),
    redisThread: Math.max(...servers.map(({ thread }) => thread)),
  };
  const ours = used.worker + used.webhook + used.producer + used.redis + each("sandbox");
  const others = await load.end(ours * perRound);
  await producer.close();
  await closeRedis(client);
  await stopAll(children);
  return { perSecond, used, mark: others === undefined || others.isQuiet ? "" : " NOT QUIET" };
};

/** The row the model takes: more workers than this machine has cores wait for each other. */
const modelWorkers = 2;

/** Prints a row for each number of workers. @returns what an install took with `modelWorkers`. */
const table = async (
  where: string,
  redis: { readonly redisUrl: string; readonly onServers: OnServers },
  shards: number,
): Promise<Used> => {
  let ofModel: Used | undefined;
  for (const workers of [1, 2, 4]) {
    const { perSecond, used, mark } = await measure(redis, workers, shards);
    const most = (workers * concurrency * 1000) / birdMs;
    const micros = roles.map((role) => used[role].toFixed(0)).join(" | ");
    print(
      `| ${where} | ${shards} | ${workers} | ${perSecond.toFixed(0)}${mark} | ${most} | ${(perSecond / most).toFixed(2)} | ${micros} |`,
    );
    if (workers === modelWorkers) ofModel = used;
  }
  if (ofModel === undefined) throw new RangeError("a round");
  return ofModel;
};

/** No process is to be busier than this: a queue in front of it grows without bound at 1. */
const busyMax = 0.8;
/** Cores of the machine that the model is printed for. */
const machines = [2, 8, 64];

/**
 * What machines with more cores would carry if the processor were the only limit: all cores as busy as they may be, and no
 * Redis thread busier than that. Bird's ceiling of each workspace, the disk and the network are left out.
 */
const printModel = (where: string, used: Used): void => {
  const all = used.worker + used.webhook + used.producer + used.redis;
  for (const cores of machines) {
    const byCores = (busyMax * cores * 1e6) / all;
    const byThread = (busyMax * 1e6) / used.redisThread;
    const perSecond = Math.min(byCores, byThread);
    const processes = (micros: number): number => Math.ceil((perSecond * micros) / (busyMax * 1e6));
    print(
      `| ${where} | ${cores} | ${perSecond.toFixed(0)} | ${byThread < byCores ? "Redis's thread" : "cores"} | ${processes(used.worker)} | ${processes(used.webhook)} | ${processes(used.producer)} |`,
    );
  }
};

print(
  "| Redis | shards | workers | installs/s | at most, by Bird's answer | ratio | worker, µs an install | webhook | producer | Redis, all servers | its busiest thread |",
);
print(`|${" --- |".repeat(11)}`);
const models: (readonly [where: string, used: Used])[] = [];
await withRedis(async ({ url }, client) => {
  const onServers: OnServers = async (run) => [await run(client)];
  models.push(["one server", await table("one server", { redisUrl: url, onServers }, 1)]);
});
await withRedisCluster(async ({ url, masters }) => {
  const onServers: OnServers = (run) => Promise.all(masters.map((master) => master.use(run)));
  const redis = { redisUrl: url, onServers };
  await table("cluster of 3", redis, 1);
  models.push(["cluster of 3, 3 shards", await table("cluster of 3", redis, 3)]);
});
print("");
print(`Computed from the rows with ${modelWorkers} workers; no process busier than ${busyMax * 100} %:`);
print("| Redis | cores | installs/s | limited by | workers | webhook processes | producers |");
print(`|${" --- |".repeat(7)}`);
for (const [where, used] of models) printModel(where, used);
