import { hash } from "node:crypto";
import { Queue } from "bullmq";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { type Keys, notificationsQueueName } from "../keyspace/keys.ts";

/** Notification types: subject and outcome. */
export const notificationTypes = [
  "install.completed",
  "install.failed",
  "install.cancelled",
  "batch.finished",
  "connect.completed",
  "connect.cancelled",
] as const;

export type NotificationType = (typeof notificationTypes)[number];

/** One request to a receiver and how it ended; holds nothing of what was sent or answered but the status. */
const deliverySchema = z.object({
  atMs: z.number().int(),
  tookMs: z.number().int(),
  /** HTTP status; absent when the receiver did not answer. */
  status: z.number().int().optional(),
  error: z.string().optional(),
});

export type StoredDelivery = Readonly<z.infer<typeof deliverySchema>>;

/** Requests that a notification remembers: two rounds of the retry schedule. */
const deliveriesMax = 20;

/** The requests to remember once another one has ended. */
export const withDelivery = (
  { deliveries = [] }: Pick<NotificationData, "deliveries">,
  latest: StoredDelivery,
): StoredDelivery[] => [...deliveries, latest].slice(-deliveriesMax);

/** Data of a notification's job. */
export const notificationDataSchema = z.object({
  /** The `webhook-id` header: the same for every delivery of an outcome, to whichever URL. */
  messageId: z.string(),
  /** Id of the install, batch or connect link. */
  subjectId: z.string(),
  url: z.string(),
  /** The body, byte for byte the same in each attempt. */
  payload: z.object({
    type: z.enum(notificationTypes),
    /** When the outcome happened, ISO 8601, UTC. */
    timestamp: z.string(),
    /** The install or batch as it was then. */
    data: z.unknown(),
  }),
  /** Requests that ended; the successful one is added when the notification is read. */
  attempts: z.number().int().optional(),
  /** Failed ones among them since the notification was announced or last resent. */
  failures: z.number().int().optional(),
  nextAttemptAtMs: z.number().int().optional(),
  /** HTTP status of the latest request that failed. */
  lastStatus: z.number().int().optional(),
  /** Why the latest request failed or was not made: a sentence. */
  lastError: z.string().optional(),
  /** The latest requests that ended before, oldest first. */
  deliveries: z.array(deliverySchema).optional().catch(undefined),
});

export type NotificationData = z.infer<typeof notificationDataSchema>;

/** The return value of a delivered notification's job. */
export const deliveredSchema = z.object({
  status: z.number().int(),
  /** Absent of what versions before this one delivered. */
  tookMs: z.number().int().optional(),
});

export type Delivered = z.infer<typeof deliveredSchema>;

/**
 * Builds the `webhook-id` of one outcome of an install or batch: `msg_01J…_failed`, or `msg_01J…_failed_2` when it
 * failed again after a manual retry. One id always means one outcome, so a receiver may drop duplicates.
 */
export const messageId = (outcome: {
  readonly type: NotificationType;
  readonly subjectId: string;
  /** How often the install or batch was started; 1 the first time. */
  readonly generation: number;
}): string => {
  const [, what] = outcome.type.split(".");
  const again = outcome.generation > 1 ? `_${outcome.generation}` : "";
  return `msg_${outcome.subjectId}_${what}${again}`;
};

/** Builds the id of a notification of the same outcome to a second URL: the message id plus part of the URL's digest. */
export const extraNotificationId = (id: string, url: string): string =>
  `${id}_${hash("sha256", url, "hex").slice(0, 8)}`;

export type NotificationsQueue = Queue<NotificationData, Delivered, "notification">;

/**
 * The BullMQ queue whose jobs are the notifications. BullMQ's attempts and backoff cover
 * failures of Perch and Redis only; the notifier answers a receiver's failures with its own schedule, parking the job.
 *
 * @param deps.retentionMs How long ended notifications (delivered, failed) are kept, ms.
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
      // Never 0: BullMQ keeps those in a list, and finding a job in a list is linear.
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
