import { Queue } from "bullmq";
import type { Completion } from "../../install/install.ts";
import type { RedisClient } from "../../redis/client.ts";
import { installsQueueName, type Keys } from "../keyspace/keys.ts";
import type { InstallData } from "./data.ts";

export type InstallsQueue = Queue<InstallData, Completion, "install">;

/** The BullMQ queues whose jobs are the installs, one in each shard. */
export interface InstallsQueues {
  readonly all: readonly InstallsQueue[];
  /** The queue an install is on, by its id. */
  of(installId: string): InstallsQueue;
  close(): Promise<void>;
}

export const createInstallsQueues = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): InstallsQueues => {
  const { client, keys } = deps;
  const byShard = new Map(keys.shards.map((shard) => [shard, createInstallsQueue({ client, keys: shard })]));
  return {
    all: [...byShard.values()],
    of: (installId) => {
      const queue = byShard.get(keys.ofInstall(installId));
      if (queue === undefined) throw new RangeError("a queue for every shard");
      return queue;
    },
    close: async () => {
      await Promise.all([...byShard.values()].map((queue) => queue.close()));
    },
  };
};

/**
 * The stream of events is kept ten times longer than BullMQ's default, because at full speed the default holds half
 * a second.
 *
 * @see https://docs.bullmq.io/guide/events
 */
const createInstallsQueue = (deps: { readonly client: RedisClient; readonly keys: Keys }): InstallsQueue => {
  const queue: InstallsQueue = new Queue(installsQueueName, {
    connection: deps.client,
    prefix: deps.keys.prefix,
    streams: { events: { maxLen: 100_000 } },
  });
  // Errors of the shared connection reject the commands; without a listener they would end the process.
  queue.on("error", () => undefined);
  return queue;
};
