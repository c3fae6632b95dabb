/**
 * What fair order costs and brings. First, how many bulk installs of one workspace are enqueued a second through
 * the producer, next to bare `queue.addBulk` of the same payloads with a constant priority and with fair ones.
 * Then, how long installs of another workspace wait until a worker that does nothing takes them, while it drains
 * those; next to the same with constant priorities.
 *
 *   npm run bench:fairness [installs]
 */
import { setTimeout as pause } from "node:timers/promises";
import { Worker } from "bullmq";
import { ulid } from "ulid";
import { createProducer, type Producer } from "../src/producer/producer.ts";
import { type Band, createFairPriorities } from "../src/queue/gate/fair-priorities.ts";
import { createInstallsQueues, type InstallsQueue } from "../src/queue/installs/queue.ts";
import { createKeys, installsQueueName, type Keys } from "../src/queue/keyspace/keys.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { connectRedis } from "../src/redis/connection.ts";
import { print, quantile, withRedis } from "./processes.ts";

const count = Number(process.argv[2] ?? 100_000);
const groupSize = 250;
const probeEveryMs = 200;
const sealingKeys = generateSealingKey();
const seal = createSeal(readSealingKeys(sealingKeys));
const large = "0b6f2f0c-7d1a-4f0e-9c55-000000000001";
const small = "0b6f2f0c-7d1a-4f0e-9c55-000000000002";

const request = (n: number, workspaceId: string) => ({
  workspaceId,
  name: `Acme support ${n}`,
  wabaId: "102290129340398",
  phoneId: String(106540000000000 + n),
  phoneNumber: `+1415${String(2000000 + n)}`,
  accessToken: `EAAG${"x".repeat(200)}`,
});

type Priorities = (band: Band, workspaceIds: readonly string[]) => Promise<readonly number[]>;

const constant: Priorities = async (band, workspaceIds) =>
  workspaceIds.map(() => (band === "bulk" ? 100 : 10));

/** Adds jobs as the producer does, without its claims and index. */
const addBare = async (
  queue: InstallsQueue,
  priorities: Priorities,
  band: Band,
  workspaceId: string,
  numbers: readonly number[],
): Promise<readonly (string | undefined)[]> => {
  const tags = await priorities(
    band,
    numbers.map(() => workspaceId),
  );
  const jobs = await queue.addBulk(
    await Promise.all(
      numbers.map(async (n, index) => {
        const { accessToken, ...stored } = request(n, workspaceId);
        const installId = ulid();
        const data = {
          request: stored,
          sealed: await seal.seal({ accessToken }, { installId, workspaceId }),
        };
        return { name: "install" as const, data, opts: { jobId: installId, priority: tags[index] ?? 1 } };
      }),
    ),
  );
  return jobs.map(({ id }) => id);
};

const perSecondOf = async (work: () => Promise<void>): Promise<number> => {
  const startMs = performance.now();
  await work();
  return count / ((performance.now() - startMs) / 1000);
};

const fillBare = (queue: InstallsQueue, priorities: Priorities): Promise<number> =>
  perSecondOf(async () => {
    for (let first = 0; first < count; first += groupSize) {
      const numbers = Array.from({ length: Math.min(groupSize, count - first) }, (_, index) => first + index);
      await addBare(queue, priorities, "bulk", large, numbers);
    }
  });

const fillPerch = (producer: Producer): Promise<number> =>
  perSecondOf(async () => {
    const requests = function* () {
      for (let n = 0; n < count; n += 1) yield request(n, large);
    };
    for await (const row of producer.enqueueMany(requests(), { batchName: "large" })) {
      if ("errors" in row) throw new Error(JSON.stringify(row.errors));
    }
  });

/** Drains the queue while installs of the small workspace come in, and says how long those waited, ms. */
const drain = async (
  { client, redisUrl, keys }: { client: RedisClient; redisUrl: string; keys: Keys },
  enqueue: (band: Band, n: number) => Promise<string>,
): Promise<Readonly<Record<Band, readonly number[]>>> => {
  const takenMs = new Map<string, number>();
  const connection = await connectRedis(redisUrl, { whenAway: "wait", name: "bench-worker" });
  const worker = new Worker(
    installsQueueName,
    async ({ id = "" }) => {
      takenMs.set(id, performance.now());
    },
    { connection, prefix: keys.prefix, concurrency: 100, removeOnComplete: { count: 0 } },
  );
  worker.on("error", (error) => print(String(error)));
  const probes: { readonly band: Band; readonly id: string; readonly sinceMs: number }[] = [];
  const waiting = (): Promise<number> => client.zcard(keys.job("prioritized"));
  for (let n = count; (await waiting()) > 0; n += 2) {
    await Promise.all(
      (["interactive", "bulk"] as const).map(async (band, index) => {
        const sinceMs = performance.now();
        probes.push({ band, id: await enqueue(band, n + index), sinceMs });
      }),
    );
    await pause(probeEveryMs);
  }
  while (probes.some(({ id }) => !takenMs.has(id))) await pause(10);
  await worker.close();
  await connection.quit();
  const waits = (wanted: Band): readonly number[] =>
    probes
      .filter(({ band }) => band === wanted)
      .map(({ id, sinceMs }) => (takenMs.get(id) ?? Number.NaN) - sinceMs)
      .sort((a, b) => a - b);
  return { interactive: waits("interactive"), bulk: waits("bulk") };
};

const report = (name: string, waits: Readonly<Record<Band, readonly number[]>>): void => {
  for (const band of ["interactive", "bulk"] as const) {
    const [p50, p99] = [0.5, 0.99].map((share) => quantile(waits[band], share).toFixed(1).padStart(8));
    print(`${name}  ${band.padEnd(11)}  p50 ${p50} ms  p99 ${p99} ms  ${waits[band].length} installs`);
  }
};

await withRedis(async (redis, client) => {
  print(`${count} bulk installs of one workspace in groups of ${groupSize}, AOF with fsync always`);
  const open = (prefix: string) => {
    const keys = createKeys(prefix);
    return { client, redisUrl: redis.url, keys, queue: createInstallsQueues({ client, keys }).of("") };
  };
  const addOne =
    (queue: InstallsQueue, priorities: Priorities) =>
    async (band: Band, n: number): Promise<string> =>
      (await addBare(queue, priorities, band, small, [n]))[0] ?? "";

  const plain = open("{bench-constant}");
  await fillBare(plain.queue, constant);
  await client.flushall();
  const bare = await fillBare(plain.queue, constant);
  const constantWaits = await drain(plain, addOne(plain.queue, constant));
  await plain.queue.close();
  await client.flushall();

  const tagged = open("{bench-tagged}");
  const { next } = createFairPriorities({ client, keys: tagged.keys, now: Date.now });
  const withTags = await fillBare(tagged.queue, next);
  await tagged.queue.close();
  await client.flushall();

  const perch = open("{bench-perch}");
  const producer = await createProducer({ redisUrl: redis.url, sealingKeys, prefix: perch.keys.prefix });
  const full = await fillPerch(producer);
  const fairWaits = await drain(perch, async (priority, n) => {
    const { install } = await producer.enqueue({ ...request(n, small), priority });
    return install.id;
  });
  await producer.close();
  await perch.queue.close();

  const line = (name: string, perSecond: number): string =>
    `${name}  ${perSecond.toFixed(0).padStart(6)}/s  ratio ${(perSecond / bare).toFixed(2)}`;
  print(line("bare addBulk, constant", bare));
  print(line("bare addBulk, fair    ", withTags));
  print(line("producer, fair        ", full));
  report("constant", constantWaits);
  report("fair    ", fairWaits);
});
