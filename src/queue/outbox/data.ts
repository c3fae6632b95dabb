import { hash } from "node:crypto";
import { Queue } from "bullmq";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { type Keys, notificationsQueueName } from "../keyspace/keys.ts";

/** What a notification tells: the kind of thing and its outcome. */
export const notificationTypes = [
  "install.completed",
  "install.failed",
  "install.cancelled",
  "batch.finished",
] as const;

export type NotificationType = (typeof notificationTypes)[number];

/** Data of a notification's job. */
export const notificationDataSchema = z.object({
  /** The `webhook-id` header: the same for every delivery, and for every URL that is told the same. */
  messageId: z.string(),
  /** Id of the install or batch. */
  subjectId: z.string(),
  url: z.string(),
  /** The body as it is sent, each time the same. */
  payload: z.object({
    type: z.enum(notificationTypes),
    /** When the outcome happened, ISO 8601, UTC. */
    timestamp: z.string(),
    /** The install or batch as it was then. */
    data: z.unknown(),
  }),
  /** Requests whose end was seen; the one that delivered is counted when it is read. */
  attempts: z.number().int().optional(),
  /** Of these, failures since the notification was announced or last sent again. */
  failures: z.number().int().optional(),
  nextAttemptAtMs: z.number().int().optional(),
  /** HTTP status of the latest request that failed. */
  lastStatus: z.number().int().optional(),
  /** Why the latest request failed, or none was made: a plain sentence. */
  lastError: z.string().optional(),
});

export type NotificationData = z.infer<typeof notificationDataSchema>;

/** The return value of a delivered notification's job. */
export const deliveredSchema = z.object({ status: z.number().int() });

export type Delivered = z.infer<typeof deliveredSchema>;

/**
 * The `webhook-id` of one outcome of one thing, such as `msg_01J…_failed`, or `msg_01J…_failed_2` when the
 * thing ended so again after a person had started it again. The same id always stands for the same outcome,
 * so a receiver may drop what it has seen.
 */
export const messageId = (outcome: {
  readonly type: NotificationType;
  readonly subjectId: string;
  /** How often the thing was started; 1 the first time. */
  readonly generation: number;
}): string => {
  const [, what] = outcome.type.split(".");
  const again = outcome.generation > 1 ? `_${outcome.generation}` : "";
  return `msg_${outcome.subjectId}_${what}${again}`;
};

/** The id of the notification that tells a second URL the same: the message's, and a piece of the URL's digest. */
export const extraNotificationId = (id: string, url: string): string =>
  `${id}_${hash("sha256", url, "hex").slice(0, 8)}`;

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
