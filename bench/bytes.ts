/**
 * How many bytes of Redis an install takes while it waits for its channel and after it has completed, next to bare BullMQ
 * jobs with the same data.
 *
 *   npm run bench:bytes -- [installs]
 */
import { Queue } from "bullmq";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { print, untilCount, usedBytes, withRedis } from "./processes.ts";
import { request } from "./requests.ts";
import { startPerch } from "./stack.ts";

const count = Number(process.argv[2] ?? 10_000);
const sealingKeys = generateSealingKey();

/** Longer than the benchmark: no event comes while the bytes are counted. */
const neverMs = 3_600_000;

/** Bytes an install once `done` installs are in the set of that name, without the stream of events, whose length is fixed. */
const perchBytes = async (
  redisUrl: string,
  client: RedisClient,
  channelDelayMs: number,
  set: string,
): Promise<number> => {
  await client.flushall();
  const stack = await startPerch(redisUrl, { sealingKeys, channelDelayMs });
  const before = await usedBytes(client);
  await stack.put(0, count);
  await untilCount(client, `${stack.prefix}:installs:${set}`, count);
  await client.del(`${stack.prefix}:installs:events`);
  const bytes = ((await usedBytes(client)) - before) / count;
  await stack.close();
  return bytes;
};

const bareBytes = async (client: RedisClient): Promise<number> => {
  await client.flushall();
  const seal = createSeal(readSealingKeys(sealingKeys));
  const queue = new Queue("bare", { connection: client, prefix: "{bench-bytes}" });
  const before = await usedBytes(client);
  for (let first = 0; first < count; first += 250) {
    const jobs = Array.from({ length: Math.min(250, count - first) }, async (_, n) => {
      const { accessToken, ...stored } = request(first + n);
      const install = { installId: String(first + n), workspaceId: stored.workspaceId };
      const data = { request: stored, sealed: await seal.seal({ accessToken }, install) };
      return { name: "install", data, opts: { delay: neverMs, priority: 10 } };
    });
    await queue.addBulk(await Promise.all(jobs));
  }
  await client.del("{bench-bytes}:bare:events");
  const bytes = ((await usedBytes(client)) - before) / count;
  await queue.close();
  return bytes;
};

await withRedis(async (redis, client) => {
  const waiting = await perchBytes(redis.url, client, neverMs, "delayed");
  const completed = await perchBytes(redis.url, client, 0, "completed");
  const bare = await bareBytes(client);
  print(`${count} installs; Redis bytes each`);
  print(`waiting for its channel  ${waiting.toFixed(0)} (aim 1250)`);
  print(`completed                ${completed.toFixed(0)} (aim 1600)`);
  print(`bare delayed job         ${bare.toFixed(0)}; waiting / bare ${(waiting / bare).toFixed(2)}`);
});
