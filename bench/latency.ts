/**
 * How soon an event completes its install, with installs that come in evenly, far below what the machine carries.
 *
 *   npm run bench:latency -- [installs a second] [seconds] [rounds]
 */
import { setTimeout as pause } from "node:timers/promises";
import { readInstallData } from "../src/queue/installs/view.ts";
import { createKeys } from "../src/queue/keyspace/keys.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { watchForeignLoad } from "./foreign-load.ts";
import { print, processorMicros, quantile, sum, untilCount, withRedis } from "./processes.ts";
import { request } from "./requests.ts";
import { startPerch } from "./stack.ts";

const perSecond = Number(process.argv[2] ?? 200);
const seconds = Number(process.argv[3] ?? 15);
const rounds = Number(process.argv[4] ?? 3);
const warmUpSeconds = 5;
const sealingKeys = generateSealingKey();

/** From the event's arrival at Perch to the install's completion, ms, ascending, without the first that completed. */
const eventToCompleted = async (
  client: RedisClient,
  { prefix, completed }: { readonly prefix: string; readonly completed: string },
  skipped: number,
): Promise<readonly number[]> => {
  const keys = createKeys(prefix);
  const ids = await client.zrange(completed, String(skipped), "-1");
  const gaps = await Promise.all(
    ids.map(async (id) => {
      const [data, finishedOn] = await client.hmget(keys.job(id), "data", "finishedOn");
      const { connectorId } = readInstallData({ data: data ?? null });
      return Number(finishedOn) - Number(await client.hget(keys.connector(connectorId ?? ""), "at"));
    }),
  );
  return gaps.sort((a, b) => a - b);
};

await withRedis(async (redis, client) => {
  print(`${perSecond} installs a second for ${seconds} s after ${warmUpSeconds} s, AOF with fsync always`);
  for (let round = 1; round <= rounds; round += 1) {
    const stack = await startPerch(redis.url, { sealingKeys, channelDelayMs: 150 });
    const enqueued: Promise<unknown>[] = [];
    const startMs = performance.now();
    const count = perSecond * (warmUpSeconds + seconds);
    const usedBefore = await processorMicros(stack.children, client);
    const load = await watchForeignLoad();
    for (let n = 0; n < count; n += 1) {
      const waitMs = startMs + (n / perSecond) * 1000 - performance.now();
      if (waitMs > 1) await pause(waitMs);
      enqueued.push(stack.producer.enqueue(request(n)));
    }
    await Promise.all(enqueued);
    await untilCount(client, stack.completed, count);
    const used = await processorMicros(stack.children, client);
    const others = await load.end(sum(used.values()) - sum(usedBefore.values()));
    const gaps = await eventToCompleted(client, stack, perSecond * warmUpSeconds);
    await stack.close();
    await client.flushall();
    const mark =
      others === undefined
        ? ""
        : `; others ${others.processors.toFixed(2)} processors${others.isQuiet ? "" : ", NOT QUIET"}`;
    print(
      `round ${round}: event to completed p50 ${quantile(gaps, 0.5)} ms, p99 ${quantile(gaps, 0.99)} ms (aims 5 and 40)${mark}`,
    );
  }
});
