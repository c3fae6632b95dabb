/**
 * How installs a second grow with workers and shards: 1, 2 and 4 worker processes, on one Redis, and on a Redis Cluster of
 * three masters with 1 and with 3 shards. Bird takes a tenth of a second for a create and a worker has 25 in
 * hand, so one carries 250 a second at most; a row is compared with that, until the machine is busy.
 *
 *   npm run bench:scaling [installs per round]
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { createProducer } from "../src/producer/producer.ts";
import { createKeys, sumOfShards } from "../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import { closeRedis, connectRedis } from "../src/redis/connection.ts";
import { withRedisCluster } from "../test/support/redis-cluster.ts";
import { print, spawnRole, stopAll, withRedis } from "./processes.ts";
import { requests } from "./requests.ts";

const perRound = Number(process.argv[2] ?? 5000);
const concurrency = 25;
const birdMs = 100;
const faults = JSON.stringify([
  { times: "always", operation: "create", fault: { kind: "slow", delayMs: birdMs } },
]);
const sealingKeys = generateSealingKey();

process.env.BENCH_CONCURRENCY = String(concurrency);

let round = 0;

/** Installs a second from the first enqueued to the last completed. */
const speed = async (redisUrl: string, workers: number, shards: number): Promise<number> => {
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
  const startMs = performance.now();
  for await (const row of producer.enqueueMany(requests(perRound))) {
    if ("errors" in row) throw new Error(JSON.stringify(row.errors));
  }
  while ((await completed()) < perRound) await pause(5);
  const perSecond = perRound / ((performance.now() - startMs) / 1000);
  await producer.close();
  await closeRedis(client);
  await stopAll(children);
  return perSecond;
};

const table = async (where: string, redisUrl: string, shards: number): Promise<void> => {
  for (const workers of [1, 2, 4]) {
    const perSecond = await speed(redisUrl, workers, shards);
    const most = (workers * concurrency * 1000) / birdMs;
    print(
      `| ${where} | ${shards} | ${workers} | ${perSecond.toFixed(0)} | ${most} | ${(perSecond / most).toFixed(2)} |`,
    );
  }
};

print("| Redis | shards | workers | installs/s | at most, by Bird's answer | ratio |");
print("| --- | --- | --- | --- | --- | --- |");
await withRedis(({ url }) => table("one server", url, 1));
await withRedisCluster(async ({ url }) => {
  await table("cluster of 3", url, 1);
  await table("cluster of 3", url, 3);
});
