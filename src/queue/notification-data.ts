import { z } from "zod";

const notificationTypes = [
  "install.completed",
  "install.failed",
  "install.cancelled",
  "batch.finished",
] as const;

/** What a notification tells: the kind of thing and its outcome. */
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
