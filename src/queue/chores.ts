import { Queue } from "bullmq";
import { z } from "zod";
import { choresQueueName, type Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

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
  /** Something was decided about a batch that its installs do not know yet. */
  z.object({ kind: z.literal("move_batch"), batchId: z.string() }),
  /** The install is completed and wants its channel's events sent to a URL. */
  z.object({
    kind: z.literal("subscribe_channel"),
    installId: z.string(),
    workspaceId: z.string(),
    channelId: z.string(),
  }),
]);

export type Chore = z.infer<typeof choreSchema>;
export type SubscribeChannelChore = Extract<Chore, { readonly kind: "subscribe_channel" }>;
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

/**
 * Asks for the subscriptions of a completed install's channel. Asking again while that is under way changes
 * nothing; asking again afterwards makes only what is missing, so when in doubt, ask.
 *
 * Tried for about three hours, because Bird may be away for a while and nobody waits. The priority keeps any
 * number of these behind sweeps and look-ups: BullMQ takes jobs without one first.
 */
export const addSubscribeChannel = async (
  chores: ChoresQueue,
  chore: Omit<SubscribeChannelChore, "kind">,
): Promise<void> => {
  await chores.add(
    "subscribe_channel",
    { kind: "subscribe_channel", ...chore },
    {
      deduplication: { id: `subscribe-${chore.installId}` },
      priority: 1,
      attempts: 12,
      backoff: { type: "exponential", delay: 5000, jitter: 0.5 },
    },
  );
};

/** Asks for a batch's installs to be moved. Asking again while that is under way changes nothing. */
export const addMoveBatch = async (chores: ChoresQueue, batchId: string): Promise<void> => {
  await chores.add(
    "move_batch",
    { kind: "move_batch", batchId },
    { deduplication: { id: `move-${batchId}` } },
  );
};
