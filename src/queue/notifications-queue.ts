import { Queue } from "bullmq";
import type { RedisClient } from "../redis/redis-client.ts";
import { type Keys, notificationsQueueName } from "./keys.ts";
import type { Delivered, NotificationData } from "./notification-data.ts";

export type NotificationsQueue = Queue<NotificationData, Delivered, "notification">;

/**
 * The BullMQ queue whose jobs are the notifications. Its attempts and backoff are for faults of Perch and of
 * Redis only: what a receiver does is answered by the schedule of the notifier, which parks the job.
 *
 * @param deps.retentionMs How long a delivered or given up notification stays, ms.
 */
export const createNotificationsQueue = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
}): NotificationsQueue => {
  const age = Math.ceil(deps.retentionMs / 1000);
  const queue: NotificationsQueue = new Queue(notificationsQueueName, {
    connection: deps.client,
    prefix: deps.keys.prefix,
    defaultJobOptions: {
      // Never 0: looking for a job in BullMQ's list of those takes as long as the list.
      priority: 10,
      attempts: 8,
      backoff: { type: "exponential", delay: 2000, jitter: 0.5 },
      removeOnComplete: { age },
      removeOnFail: { age },
      stackTraceLimit: 1,
    },
  });
  queue.on("error", () => undefined);
  return queue;
};
