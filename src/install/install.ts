import { z } from "zod";
import { installErrorSchema } from "./errors/install-error.ts";
import { channelEvents, type InstallRequest, type SecretMember } from "./request.ts";

/**
 * How far an install is: `queued`, `submitting` to Bird, `awaiting_channel`; `retrying` between attempts, `held` while
 * its workspace is. `completed`, `failed` and `cancelled` are ends; a late event may still heal a failed one.
 */
export type InstallStatus = (typeof installStatuses)[number];

/** Whether an install of this status has ended. */
export const isEnded = (status: InstallStatus): boolean =>
  status === "completed" || status === "failed" || status === "cancelled";

/** The result of a completed install, and the BullMQ return value of its job. */
export const completionSchema = z.object({
  connectorId: z.string(),
  channelId: z.string(),
  /** Bird's text; absent when neither the event nor the channel had one. */
  channelStatus: z.string().optional(),
  /** How Perch found the channel: in Bird's event, or by polling. */
  completedBy: z.enum(["webhook", "poll"]),
});

export type Completion = Readonly<z.infer<typeof completionSchema>>;

/** One step of an install's life. `what` is a plain sentence; other members name ids and statuses. */
const timelineEntrySchema = z
  .object({ at: z.string(), what: z.string() })
  .catchall(z.union([z.string(), z.number()]).optional());

export type TimelineEntry = Readonly<z.infer<typeof timelineEntrySchema>>;

/** The state of subscribing the customer's URL to the new channel's events. */
export const channelWebhooksStateSchema = z.object({
  /** `waiting` until the channel exists and the subscriptions were made. A failure never undoes the install. */
  status: z.enum(["waiting", "subscribed", "failed"]),
  /** Why it failed and what to do, in plain words. */
  error: z.string().optional(),
});

export type ChannelWebhooksState = z.infer<typeof channelWebhooksStateSchema>;

/** The status of an install. `completed`, `failed` and `cancelled` are ends; a late event may still heal a failed one. */
export const installStatuses = [
  "queued",
  "submitting",
  "awaiting_channel",
  "retrying",
  "held",
  "completed",
  "failed",
  "cancelled",
] as const;

/** Statuses as installs are counted by: `paused` are the `queued` ones that wait for their batch. */
export const countedStatuses = [
  "queued",
  "submitting",
  "awaiting_channel",
  "retrying",
  "held",
  "paused",
  "completed",
  "failed",
  "cancelled",
] as const;

/** What a cancelled install left behind, in plain sentences. */
const cancellationSchema = z.object({
  requestedAt: z.string(),
  undone: z.array(z.string()).readonly(),
  notUndone: z.array(z.string()).readonly(),
});

export type Cancellation = Readonly<z.infer<typeof cancellationSchema>>;

const time = (what: string) => z.string().meta({ description: `${what} ISO 8601, UTC.` });

/** Members of a request that are stored sealed, or not at all. `channelWebhooks` loses only its key. */
type HiddenMember = SecretMember | "reinstall" | "channelWebhooks";

/**
 * The stored and shown part of a request: everything but its secrets. A request is validated when it is accepted; here only its
 * shape is, because every run of every install reads it.
 */
const shownMembers = {
  workspaceId: z.string(),
  name: z.string(),
  wabaId: z.string(),
  phoneId: z.string(),
  phoneNumber: z.string().meta({ description: "E.164." }),
  mbPhoneId: z.string().optional(),
  channelConversationalStatusEnabled: z.boolean().optional(),
  priority: z.enum(["interactive", "bulk"]).optional(),
  metadata: z.record(z.string(), z.string()).optional(),
  callbackUrl: z.string().optional(),
} satisfies Record<keyof Omit<InstallRequest, HiddenMember>, z.ZodType>;

const shownWebhooksMembers = { url: z.string(), events: z.array(z.enum(channelEvents)) };

/** A request as it is stored in Redis. */
export const storedRequestSchema = z.object({
  ...shownMembers,
  channelWebhooks: z.object(shownWebhooksMembers).optional(),
});

const members = {
  id: z.string(),
  status: z.enum(installStatuses).meta({
    description:
      "`completed`, `failed` and `cancelled` are ends; a late event may still heal a failed install.",
  }),
  ...shownMembers,
  channelWebhooks: z
    .object({
      ...shownWebhooksMembers,
      status: channelWebhooksStateSchema.shape.status.exactOptional(),
      error: channelWebhooksStateSchema.shape.error,
    })
    .optional(),
  requestedBy: z.string().optional().meta({
    description: "Name of the API key that requested it. Absent for installs from before this was stored.",
  }),
  connectLinkId: z.string().optional().meta({ description: "The connect link its customer used." }),
  batchId: z.string().optional(),
  row: z.int().optional().meta({ description: "Row of the batch, from 1." }),
  connectorId: z.string().optional(),
  channelId: z.string().optional(),
  channelStatus: z.string().optional().meta({ description: "Bird's text." }),
  attempts: z.int().meta({ description: "Creates at Bird whose outcome is known." }),
  completedBy: completionSchema.shape.completedBy
    .optional()
    .meta({ description: "Whether Bird's event or a poll by Perch found the channel." }),
  error: installErrorSchema.optional(),
  createdAt: time("When it was enqueued."),
  updatedAt: time("When it last changed."),
  completedAt: time("When it was completed.").optional(),
  nextActionAt: time("When something happens next by itself.").optional(),
  cancellation: cancellationSchema
    .optional()
    .meta({ description: "Present once it was cancelled: what was undone and what could not be." }),
  uninstalledAt: time("When its connector was deleted at Bird.").optional(),
};

/**
 * An install as callers see it: the request without its secrets, and how far it is. Times are ISO 8601, UTC. Members
 * that are not named here never leave the process.
 */
export const installSchema = z.object(members).meta({
  id: "Install",
  description: "One phone number into one Bird workspace: the request without its secrets, and its progress.",
});

/**
 * An install: the request without its secrets, and its progress.
 *
 * - `id`, `status`, `attempts` (creates at Bird whose outcome is known), `requestedBy`, and `batchId` with `row` of a batch.
 * - `workspaceId`, `name`, `wabaId`, `phoneId`, `phoneNumber` in E.164, and the request's optional members.
 * - `connectorId`, `channelId`, `channelStatus`, `completedBy` (`webhook` or `poll`): once Bird has said them.
 * - `error` of a failed one; `cancellation` of a cancelled one; `uninstalledAt`.
 * - `createdAt`, `updatedAt`, `completedAt`, `nextActionAt` (when something happens next by itself): ISO 8601, UTC.
 */
export type Install = Readonly<z.infer<typeof installSchema>>;

export const installWithTimelineSchema = z
  .object({
    ...members,
    timeline: z
      .array(timelineEntrySchema)
      .readonly()
      .meta({ description: "What has happened to it, oldest first." }),
    traceId: z.string().optional().meta({
      description: "Its trace, if it is traced; not in server-sent events.",
    }),
  })
  .meta({ id: "InstallWithTimeline" });

export type InstallWithTimeline = Readonly<z.infer<typeof installWithTimelineSchema>>;

/**
 * Whether a channel of this status can be used. Bird publishes no list of statuses, so it is an allow-list;
 * a channel without a status counts as usable.
 *
 * @param readyStatuses `CHANNEL_READY_STATUSES`.
 */
export const isChannelUsable = (status: string | undefined, readyStatuses: readonly string[]): boolean =>
  status === undefined || status === "" || readyStatuses.includes(status);
