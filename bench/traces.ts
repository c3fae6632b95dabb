/**
 * What traces cost: installs a second from enqueue to completed with traces off, with every trace sampled and with one
 * in a hundred, in turn; and how many bytes of Redis each takes for a waiting install.
 *
 *   npm run bench:traces [installs per round] [rounds]
 */
import type { ChildProcess } from "node:child_process";

import { z } from "zod";
import { createProducer } from "../src/producer/producer.ts";
import { generateSealingKey } from "../src/queue/secrets/seal.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { openBenchTraces, type Tracing } from "./open-bench-traces.ts";
import { median, print, spawnRole, stopAll, untilCount, usedBytes, withRedis } from "./processes.ts";
import { requests } from "./requests.ts";

const perRound = Number(process.argv[2] ?? 5000);
const rounds = Number(process.argv[3] ?? 3);
const sealingKeys = generateSealingKey();
const ratios = [null, 1, 0.01] as const;
type Ratio = (typeof ratios)[number];

const nameOf = (ratio: Ratio): string => (ratio === null ? "off" : `${ratio * 100} %`);
const countSchema = z.object({ spans: z.number(), bytes: z.number() });

let round = 0;

/** A webhook service, a sandbox, a worker and a collector as processes of their own. Without a webhook installs wait. */
const startRoles = async (redisUrl: string, ratio: Ratio, hasWebhook: boolean) => {
  const prefix = `{bench-${round++}}`;
  const children: ChildProcess[] = [];
  const collectorUrl = await spawnRole(children, "collector", redisUrl, prefix);
  const tracing: Tracing | null = ratio === null ? null : { url: `${collectorUrl}/v1/traces`, ratio };
  const spawn = (role: string, sandboxUrl: string, extra: string) =>
    spawnRole(children, role, redisUrl, prefix, sandboxUrl, extra, "[]", JSON.stringify(tracing));
  const webhookUrl = hasWebhook ? await spawn("webhook", "", "") : "";
  const sandboxUrl = await spawn("sandbox", "", webhookUrl);
  await spawn("worker", sandboxUrl, sealingKeys);
  const traces = await openBenchTraces(tracing, "producer");
  const producer = await createProducer({ redisUrl, sealingKeys, prefix });
  return {
    prefix,
    producer,
    received: async () => countSchema.parse(await (await fetch(collectorUrl)).json()),
    close: async () => {
      await producer.close();
      await traces?.close();
      await stopAll(children);
    },
  };
};

/** Installs a second, and how many spans an install had at the collector two seconds later. */
const speed = async (redisUrl: string, client: RedisClient, ratio: Ratio) => {
  const roles = await startRoles(redisUrl, ratio, true);
  const startMs = performance.now();
  for await (const row of roles.producer.enqueueMany(requests(perRound))) {
    if ("errors" in row) throw new Error(JSON.stringify(row.errors));
  }
  await untilCount(client, `${roles.prefix}:installs:completed`, perRound);
  const perSecond = perRound / ((performance.now() - startMs) / 1000);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const { spans, bytes } = await roles.received();
  await roles.close();
  await client.flushall();
  return { perSecond, spans: spans / perRound, bytes: bytes / perRound };
};

const waitingBytes = async (redisUrl: string, client: RedisClient, ratio: Ratio): Promise<number> => {
  const roles = await startRoles(redisUrl, ratio, false);
  const emptyBytes = await usedBytes(client);
  for await (const _ of roles.producer.enqueueMany(requests(perRound)));
  await untilCount(client, `${roles.prefix}:installs:delayed`, perRound);
  await client.del(`${roles.prefix}:installs:events`);
  const bytes = ((await usedBytes(client)) - emptyBytes) / perRound;
  await roles.close();
  await client.flushall();
  return bytes;
};

await withRedis(async (redis, client) => {
  print(
    `${perRound} installs a round, ${rounds} rounds, AOF with fsync always, all processes on this machine`,
  );
  const measured = new Map<Ratio, number[]>(ratios.map((ratio) => [ratio, []]));
  for (let n = 1; n <= rounds; n += 1) {
    for (const ratio of ratios) {
      const { perSecond, spans, bytes } = await speed(redis.url, client, ratio);
      measured.get(ratio)?.push(perSecond);
      const sent =
        ratio === null ? "" : `, ${spans.toFixed(2)} spans and ${bytes.toFixed(0)} bytes an install sent`;
      print(`round ${n}: traces ${nameOf(ratio)}: ${perSecond.toFixed(0)}/s${sent}`);
    }
  }
  const off = median(measured.get(null) ?? []);
  for (const [ratio, perSecond] of measured)
    print(
      `traces ${nameOf(ratio)}: median ${median(perSecond).toFixed(0)}/s, ${(median(perSecond) / off).toFixed(2)} of off`,
    );
  for (const ratio of ratios) {
    const bytes = await waitingBytes(redis.url, client, ratio);
    print(`traces ${nameOf(ratio)}: ${bytes.toFixed(0)} Redis bytes a waiting install`);
  }
});
