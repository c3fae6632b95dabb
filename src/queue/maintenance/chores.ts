import { Queue } from "bullmq";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { choresQueueName, type Keys } from "../keyspace/keys.ts";

/** Perch's own chores, so that they happen once in a fleet and survive a crash. None of them asks Bird for anything. */
export const choreSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("sweep") }),
  /** Something was decided about a batch that its installs do not know yet. */
  z.object({ kind: z.literal("move_batch"), batchId: z.string() }),
]);

type Chore = z.infer<typeof choreSchema>;
export type ChoresQueue = Queue<Chore, unknown, Chore["kind"]>;

export const createChoresQueue = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): ChoresQueue => {
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

/** Asks for a batch's installs to be moved. Asking again while that is under way changes nothing. */
export const addMoveBatch = async (chores: ChoresQueue, batchId: string): Promise<void> => {
  await chores.add(
    "move_batch",
    { kind: "move_batch", batchId },
    { deduplication: { id: `move-${batchId}` } },
  );
};
