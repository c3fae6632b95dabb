import { Queue } from "bullmq";
import type { Completion } from "../install/install.ts";
import type { InstallData } from "./install-data.ts";
import { installsQueueName, type Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

export type InstallsQueue = Queue<InstallData, Completion, "install">;

/**
 * The BullMQ queue whose jobs are the installs. The stream of events is kept ten times longer than BullMQ's
 * default, because at full speed the default holds half a second.
 *
 * @see https://docs.bullmq.io/guide/events
 */
export const createInstallsQueue = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): InstallsQueue => {
  const queue: InstallsQueue = new Queue(installsQueueName, {
    connection: deps.client,
    prefix: deps.keys.prefix,
    streams: { events: { maxLen: 100_000 } },
  });
  // Errors of the shared connection reach whoever sent the command; without a listener Node would end.
  queue.on("error", () => undefined);
  return queue;
};
