import type { ChildProcess } from "node:child_process";
import { Queue } from "bullmq";
import { createProducer } from "../src/producer/producer.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { spawnRole, stopAll } from "./processes.ts";
import { request, requests } from "./requests.ts";

/** Perch, or what it is compared with, under a prefix of its own; each part but the producer is a process of its own. */
export interface Stack {
  readonly prefix: string;
  readonly children: readonly ChildProcess[];
  /** Enqueues the requests of these numbers. */
  readonly put: (first: number, count: number) => Promise<void>;
  /** Key of the set of completed jobs. */
  readonly completed: string;
  readonly close: () => Promise<void>;
}

let stacks = 0;
const nextPrefix = (): string => `{bench-${stacks++}}`;

/** The webhook service, the sandbox and a worker as processes of their own, and a producer in this one. */
export const startPerch = async (
  redisUrl: string,
  { sealingKeys, channelDelayMs }: { readonly sealingKeys: string; readonly channelDelayMs: number },
) => {
  const prefix = nextPrefix();
  const children: ChildProcess[] = [];
  const webhookUrl = await spawnRole(children, "webhook", redisUrl, prefix);
  process.env.BENCH_CHANNEL_DELAY_MS = String(channelDelayMs);
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", webhookUrl);
  await spawnRole(children, "worker", redisUrl, prefix, sandboxUrl, sealingKeys);
  const producer = await createProducer({ redisUrl, sealingKeys, prefix });
  return {
    prefix,
    children,
    producer,
    put: async (first: number, count: number) => {
      for await (const row of producer.enqueueMany(requests(first + count, first))) {
        if ("errors" in row) throw new Error(JSON.stringify(row.errors));
      }
    },
    completed: `${prefix}:installs:completed`,
    close: async () => {
      await producer.close();
      await stopAll(children);
    },
  } satisfies Stack & { producer: unknown };
};

/** Jobs added together; the producer's own groups are as large. */
const groupSize = 250;

/** The floor: BullMQ alone, two passes of every job, with the same POST through the same client in the first. */
export const startBare = async (
  redisUrl: string,
  client: RedisClient,
  { channelDelayMs }: { readonly channelDelayMs: number },
): Promise<Stack> => {
  const prefix = nextPrefix();
  const children: ChildProcess[] = [];
  process.env.BENCH_CHANNEL_DELAY_MS = String(channelDelayMs);
  const sandboxUrl = await spawnRole(children, "sandbox", redisUrl, prefix, "", "");
  await spawnRole(children, "bare", redisUrl, prefix, sandboxUrl);
  const queue = new Queue("bare", { connection: client, prefix });
  return {
    prefix,
    children,
    put: async (first, count) => {
      for (let from = first; from < first + count; from += groupSize) {
        const group = Array.from({ length: Math.min(groupSize, first + count - from) }, (_, n) =>
          request(from + n),
        );
        await queue.addBulk(
          group.map((each) => ({ name: "bare", data: { request: each }, opts: { priority: 10 } })),
        );
      }
    },
    completed: `${prefix}:bare:completed`,
    close: async () => {
      await queue.close();
      await stopAll(children);
    },
  };
};
