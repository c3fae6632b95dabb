import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import { deliveredSchema, type NotificationData, notificationDataSchema, notificationTypes } from "./data.ts";

/** An outgoing webhook as callers see it. Times are ISO 8601, UTC. */
export const notificationSchema = z.object({
  id: z.string().meta({ description: "The `webhook-id` it is sent with." }),
  type: z.enum(notificationTypes),
  url: z.string(),
  status: z
    .enum(["pending", "delivered", "failed"])
    .meta({ description: "`failed` are the dead letters: given up." }),
  subjectId: z.string().meta({ description: "Id of the install or batch it is about." }),
  workspaceId: z.string().optional().meta({ description: "Workspace of the install it is about." }),
  /** Whether it goes to the install's own `callbackUrl`, and not to `NOTIFY_URL`. */
  isCallback: z.boolean(),
  /** Requests that ended. */
  attempts: z.int(),
  createdAt: z.string(),
  /** Absent while the first request is due, and after the last. */
  nextAttemptAt: z.string().optional(),
  deliveredAt: z.string().optional(),
  lastAttemptAt: z.string().optional().meta({
    description: "When the latest request ended; absent before the first, and of what earlier versions sent.",
  }),
  lastStatus: z.int().optional().meta({ description: "HTTP status of the latest answer." }),
  /** Why it is not delivered: a sentence. */
  lastError: z.string().optional(),
});

export type Notification = Readonly<z.infer<typeof notificationSchema>>;

const shownDeliverySchema = z.object({
  at: z.string(),
  status: z.int().optional().meta({ description: "HTTP status; absent when the receiver did not answer." }),
  durationMs: z.int().optional(),
  error: z.string().optional().meta({ description: "Why it was not delivered by it." }),
});

/** A notification that is asked for by itself. */
export const notificationDetailSchema = notificationSchema.extend({
  deliveries: z.array(shownDeliverySchema).readonly().meta({
    description:
      "Its latest requests and how they ended, oldest first; twenty at most, and none from before versions that record them. Neither what was sent nor what was answered is kept.",
  }),
});

export type NotificationDetail = Readonly<z.infer<typeof notificationDetailSchema>>;

/** Fields of BullMQ's job hash that a notification is read from. */
export const notificationFields = ["data", "timestamp", "finishedOn", "returnvalue", "failedReason"] as const;

/** Placeholder for data of another version or shape, so that one entry cannot fail a list. */
const unreadable: NotificationData = {
  messageId: "",
  subjectId: "",
  url: "",
  payload: { type: "install.failed", timestamp: "", data: undefined },
  lastError: "What is stored of it cannot be read by this version of Perch.",
};

const fieldsSchema = z.object({
  data: z
    .string()
    .transform((text) => notificationDataSchema.safeParse(jsonOrUndefined(text)).data ?? unreadable),
  timestamp: z.coerce.number().catch(0),
  finishedOn: z.coerce.number().optional().catch(0),
  returnvalue: z
    .string()
    .transform((text) => deliveredSchema.safeParse(jsonOrUndefined(text)).data ?? { status: 0 })
    .optional(),
  failedReason: z.string().optional(),
});

type Fields = z.infer<typeof fieldsSchema>;

/** Parses the values of {@link notificationFields}, in that order; undefined when the job does not exist. */
export const readNotificationFields = (values: readonly (string | null)[]): Fields | undefined => {
  const present = notificationFields.flatMap((name, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [[name, value] as const];
  });
  const fields = Object.fromEntries(present);
  return fields.data === undefined ? undefined : fieldsSchema.parse(fields);
};

/** The announced install, as far as access control needs it. */
const aboutSchema = z
  .object({ workspaceId: z.string().optional(), callbackUrl: z.string().optional() })
  .catch({});

export const viewNotification = (id: string, fields: Fields): Notification => {
  const { data, finishedOn, returnvalue } = fields;
  const about = aboutSchema.parse(data.payload.data);
  const common = {
    id,
    type: data.payload.type,
    url: data.url,
    subjectId: data.subjectId,
    workspaceId: about.workspaceId,
    isCallback: about.callbackUrl === data.url,
    attempts: data.attempts ?? 0,
    createdAt: isoTime(fields.timestamp),
  };
  if (finishedOn === undefined)
    return { ...common, status: "pending", ...latest(data), nextAttemptAt: next(data) };
  if (returnvalue === undefined) {
    return { ...common, status: "failed", ...latest(data), lastError: data.lastError ?? fields.failedReason };
  }
  const attempts = common.attempts + 1;
  return {
    ...common,
    attempts,
    status: "delivered",
    deliveredAt: isoTime(finishedOn),
    lastAttemptAt: isoTime(finishedOn),
    lastStatus: returnvalue.status,
  };
};

/** The notification with its requests. */
export const viewNotificationDetail = (id: string, fields: Fields): NotificationDetail => {
  const { data, finishedOn, returnvalue } = fields;
  const before = (data.deliveries ?? []).map(({ atMs, tookMs, status, error }) => ({
    at: isoTime(atMs),
    status,
    durationMs: tookMs,
    error,
  }));
  const delivered =
    finishedOn === undefined || returnvalue === undefined
      ? []
      : [{ at: isoTime(finishedOn), status: returnvalue.status, durationMs: returnvalue.tookMs }];
  return { ...viewNotification(id, fields), deliveries: [...before, ...delivered] };
};

const latest = ({ lastStatus, lastError, deliveries }: NotificationData) => {
  const atMs = deliveries?.at(-1)?.atMs;
  return { lastAttemptAt: atMs === undefined ? undefined : isoTime(atMs), lastStatus, lastError };
};

const next = ({ nextAttemptAtMs }: NotificationData) =>
  nextAttemptAtMs === undefined ? undefined : isoTime(nextAttemptAtMs);
