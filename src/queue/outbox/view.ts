import { z } from "zod";
import { isoTime } from "../../install/iso-time.ts";
import { jsonOrUndefined } from "../../install/lenient.ts";
import {
  deliveredSchema,
  type NotificationData,
  type NotificationType,
  notificationDataSchema,
} from "./data.ts";

/** An outgoing webhook as callers see it. Times are ISO 8601, UTC. */
export interface Notification {
  readonly id: string;
  readonly type: NotificationType;
  readonly url: string;
  /** `failed` are the dead letters: nothing more happens to them until somebody sends them again. */
  readonly status: "pending" | "delivered" | "failed";
  /** Id of the install or batch it is about. */
  readonly subjectId: string;
  /** Workspace of the install it is about; absent for a batch. */
  readonly workspaceId?: string | undefined;
  /** Whether it goes to the install's own `callbackUrl`, and not to `NOTIFY_URL`. */
  readonly isCallback: boolean;
  /** Requests whose end was seen. */
  readonly attempts: number;
  readonly createdAt: string;
  /** Absent while the first request is due, and when none is. */
  readonly nextAttemptAt?: string | undefined;
  readonly deliveredAt?: string | undefined;
  /** HTTP status of the latest request; absent when it was not answered. */
  readonly lastStatus?: number | undefined;
  /** Why it is not delivered, in plain words. */
  readonly lastError?: string | undefined;
}

/** Fields of a job's hash a notification is read from. All are BullMQ's. */
export const notificationFields = ["data", "timestamp", "finishedOn", "returnvalue", "failedReason"] as const;

/** Stands for one of another version or shape, so that it spoils no list. */
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

/** What the hash of a notification's job holds, in the order of {@link notificationFields}; undefined when there is none. */
export const readNotificationFields = (values: readonly (string | null)[]): Fields | undefined => {
  const present = notificationFields.flatMap((name, index) => {
    const value = values[index] ?? null;
    return value === null ? [] : [[name, value] as const];
  });
  const fields = Object.fromEntries(present);
  return fields.data === undefined ? undefined : fieldsSchema.parse(fields);
};

/** What the install was when it was announced, as far as it tells who may know of that. */
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
    lastStatus: returnvalue.status,
  };
};

const latest = ({ lastStatus, lastError }: NotificationData) => ({ lastStatus, lastError });

const next = ({ nextAttemptAtMs }: NotificationData) =>
  nextAttemptAtMs === undefined ? undefined : isoTime(nextAttemptAtMs);
