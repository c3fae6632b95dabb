/**
 * How many installs a second Perch carries from enqueue to completed against the sandbox with instant answers,
 * next to bare BullMQ doing two passes a job with the same POST, and the processor time each process takes of it;
 * how soon an event completes its install; how many bytes of Redis an install takes while it waits.
 *
 *   npm run bench:pipeline [installs per round] [rounds]
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { Queue } from "bullmq";
import { createProducer } from "../src/producer/producer.ts";
import { readInstallData } from "../src/queue/installs/view.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import {
  median,
  print,
  processorMicros,
  quantile,
  spawnRole,
  stopAll,
  sum,
  untilCount,
  usedBytes,
  withRedis,
} from "./processes.ts";
import { request, requests } from "./requests.ts";

const perRound = Number(process.argv[2] ?? 10_000);
const rounds = Number(process.argv[3] ?? 3);
const sealingKeys = generateSealingKey();

let round = 0;
const nextPrefix = (): string => `{bench-${round++}}`;

/** How fast a round went, and what one install took of each process. */
interface Round {
  readonly perSecond: number;
  readonly microsEach: ReadonlyMap<string, number>;
}

/** Puts a round's installs in, waits until the last is completed, and measures both. */
const measureRound = async (
  client: RedisClient,
  children: readonly ChildProcess[],
  { put, completed }: { put: () => Promise<void>; completed: string },
): Promise<Round> => {
  const before = await processorMicros(children, client);
  const startMs = performance.now();
  await put();
  await untilCount(client, completed, perRound);
  const perSecond = perRound / ((performance.now() - startMs) / 1000);
  const after = await processorMicros(children, client);
  const microsEach = new Map(
    [...after].map(([role, micros]) => [role, (micros - (before.get(role) ?? 0)) / perRound] as const),
  );
  return { perSecond, microsEach };
};

const printProcessorTime = (name: string, { microsEach }: Round): void => {
  const parts = [...microsEach].map(([role, micros]) => `${role} ${micros.toFixed(0)}`).join(", ");
  print(`processor time an install, ${name}: ${sum(microsEach.values()).toFixed(0)} µs (${parts})`);
};

/** The webhook service, the sandbox and a worker as processes of their own, and a producer in this one. */
const startPerch = async (redisUrl: string) => {
  const prefix = nextPrefix();
  const children: ChildProcess[] = [];
  const webhookUrl = await spawnRole(children, "webhook", redisUrl, prefix);
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", webhookUrl);
  await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix });
  return { prefix, children, producer };
};

const perchRound = async (
  redisUrl: string,
  client: RedisClient,
): Promise<{ round: Round; prefix: string }> => {
  const { prefix, children, producer } = await startPerch(redisUrl);
  const put = async (): Promise<void> => {
    for await (const row of producer.enqueueMany(requests(perRound))) {
      if ("errors" in row) throw new Error(JSON.stringify(row.errors));
    }
  };
  const round = await measureRound(client, children, { put, completed: `${prefix}:installs:completed` });
  await producer.close();
  await stopAll(children);
  return { round, prefix };
};

const bareRound = async (redisUrl: string, client: RedisClient): Promise<Round> => {
  const prefix = nextPrefix();
  const children: ChildProcess[] = [];
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", "");
  await spawnRole(children, "bare", redisUrl, prefix, sandboxUrl);
  const queue = new Queue("bare", { connection: client, prefix });
  const put = async (): Promise<void> => {
    for (let first = 0; first < perRound; first += 250) {
      const group = Array.from({ length: Math.min(250, perRound - first) }, (_, index) => first + index);
      await queue.addBulk(
        group.map((n) => ({ name: "bare", data: { request: request(n) }, opts: { priority: 10 } })),
      );
    }
  };
  const round = await measureRound(client, children, { put, completed: `${prefix}:bare:completed` });
  await queue.close();
  await stopAll(children);
  return round;
};

/** From the event's arrival at Perch to the install's completion, without the first that completed. */
const eventToCompleted = async (
  client: RedisClient,
  prefix: string,
  skipped = 0,
): Promise<readonly number[]> => {
  const keys = createKeys(prefix);
  const ids = await client.zrange(`${prefix}:installs:completed`, String(skipped), "-1");
  const gaps = await Promise.all(
    ids.map(async (id) => {
      const [data, finishedOn] = await client.hmget(keys.job(id), "data", "finishedOn");
      const { connectorId } = readInstallData({ data: data ?? null });
      const at = await client.hget(keys.connector(connectorId ?? ""), "at");
      return Number(finishedOn) - Number(at);
    }),
  );
  return gaps.sort((a, b) => a - b);
};

/** Installs that come in evenly, far below what the machine carries. */
const pacedRound = async (
  redisUrl: string,
  client: RedisClient,
  { perSecond, seconds, warmUpSeconds }: { perSecond: number; seconds: number; warmUpSeconds: number },
) => {
  const { prefix, children, producer } = await startPerch(redisUrl);
  const startMs = performance.now();
  const enqueued: Promise<unknown>[] = [];
  for (let n = 0; n < perSecond * seconds; n += 1) {
    const waitMs = startMs + (n / perSecond) * 1000 - performance.now();
    if (waitMs > 1) await pause(waitMs);
    enqueued.push(producer.enqueue(request(n)));
  }
  await Promise.all(enqueued);
  await untilCount(client, `${prefix}:installs:completed`, perSecond * seconds);
  await producer.close();
  await stopAll(children);
  return eventToCompleted(client, prefix, perSecond * warmUpSeconds);
};

const parkedBytes = async (
  redisUrl: string,
  client: RedisClient,
): Promise<{ perch: number; bare: number }> => {
  const prefix = nextPrefix();
  const children: ChildProcess[] = [];
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", "");
  await client.flushall();
  await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix });
  const count = perRound;
  const emptyBytes = await usedBytes(client);
  for await (const _ of producer.enqueueMany(requests(count)));
  // The chores' own delayed job lies in another queue.
  await untilCount(client, `${prefix}:installs:delayed`, count);
  await client.del(`${prefix}:installs:events`);
  const perch = ((await usedBytes(client)) - emptyBytes) / count;
  await producer.close();
  await stopAll(children);

  await client.flushall();
  const seal = createSeal(readSealingKeys(sealingKeys));
  const queue = new Queue("bare", { connection: client, prefix });
  const bareEmptyBytes = await usedBytes(client);
  for (let first = 0; first < count; first += 250) {
    await queue.addBulk(
      await Promise.all(
        Array.from({ length: Math.min(250, count - first) }, async (_, index) => {
          const { accessToken, ...stored } = request(first + index);
          const install = { installId: String(first + index), workspaceId: stored.workspaceId };
          return {
            name: "install",
            data: { request: stored, sealed: await seal.seal({ accessToken }, install) },
            opts: { delay: 3_600_000, priority: 10 },
          };
        }),
      ),
    );
  }
  await client.del(`${prefix}:bare:events`);
  const bare = ((await usedBytes(client)) - bareEmptyBytes) / count;
  await queue.close();
  return { perch, bare };
};

await withRedis(async (redis, client) => {
  print(
    `${perRound} installs a round, ${rounds} rounds, AOF with fsync always, all processes on this machine`,
  );
  const ratios: number[] = [];
  const timeRatios: number[] = [];
  let saturated: readonly number[] = [];
  for (let n = 1; n <= rounds; n += 1) {
    const bare = await bareRound(redis.url, client);
    await client.flushall();
    const { round: perch, prefix } = await perchRound(redis.url, client);
    saturated = await eventToCompleted(client, prefix);
    await client.flushall();
    ratios.push(perch.perSecond / bare.perSecond);
    timeRatios.push(sum(perch.microsEach.values()) / sum(bare.microsEach.values()));
    print(
      `round ${n}: bare ${bare.perSecond.toFixed(0)}/s  perch ${perch.perSecond.toFixed(0)}/s  ratio ${(perch.perSecond / bare.perSecond).toFixed(2)}`,
    );
    printProcessorTime("bare", bare);
    printProcessorTime("perch", perch);
  }
  print(`ratio, median of ${rounds}: ${median(ratios).toFixed(2)} (aim 0.70)`);
  print(`processor time against bare, median of ${rounds}: ${median(timeRatios).toFixed(2)} times`);
  print(
    `event to completed at full speed: p50 ${quantile(saturated, 0.5)} ms, p99 ${quantile(saturated, 0.99)} ms`,
  );
  const paced = await pacedRound(redis.url, client, { perSecond: 300, seconds: 15, warmUpSeconds: 5 });
  print(
    `event to completed at 300/s, after 5 s of warming up: p50 ${quantile(paced, 0.5)} ms, p99 ${quantile(paced, 0.99)} ms (aim p99 < 100)`,
  );
  const bytes = await parkedBytes(redis.url, client);
  print(
    `Redis bytes a waiting install: ${bytes.perch.toFixed(0)}, bare delayed job with the same data ${bytes.bare.toFixed(0)}, ratio ${(bytes.perch / bytes.bare).toFixed(2)} (aim 1.40)`,
  );
});
