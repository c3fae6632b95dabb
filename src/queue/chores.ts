import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { choresQueueName, type Keys } from "./keys.ts";

/** Perch's own chores, so that they happen once in a fleet and survive a crash. */
export const choreSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sweep") }),
  /** An event named only its channel: ask Bird for the connector. */
  z.object({
    kind: z.literal("find_connector"),
    workspaceId: z.string(),
    channelId: z.string(),
    status: z.string(),
  }),
]);

export type Chore = z.infer<typeof choreSchema>;
export type ChoresQueue = Queue<Chore, unknown, Chore["kind"]>;

export const createChoresQueue = (deps: { readonly client: Redis; readonly keys: Keys }): ChoresQueue => {
  const queue: ChoresQueue = new Queue(choresQueueName, {
    connection: deps.client,
    prefix: deps.keys.prefix,
    defaultJobOptions: {
      attempts: 8,
      backoff: { type: "exponential", delay: 2000, jitter: 0.5 },
      removeOnComplete: true,
      removeOnFail: { count: 1000 },
    },
  });
  queue.on("error", () => undefined);
  return queue;
};
