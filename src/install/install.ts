import { z } from "zod";
import type { InstallError } from "./install-error.ts";
import type { ChannelWebhooks, InstallRequest, SecretMember } from "./request.ts";

export type InstallStatus = (typeof installStatuses)[number];

/** Whether an install of this status has ended. */
export const isEnded = (status: InstallStatus): boolean =>
  status === "completed" || status === "failed" || status === "cancelled";

/** What a completed install hands back, and the BullMQ return value of its job. */
export interface Completion {
  readonly connectorId: string;
  readonly channelId: string;
  /** Bird's own word; absent when neither the event nor the channel named one. */
  readonly channelStatus?: string | undefined;
  /** Who told us: Bird's event, or our own look. */
  readonly completedBy: "webhook" | "poll";
}

/** One step of an install's life. `what` is a plain sentence; other members name ids and statuses. */
export interface TimelineEntry {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly what: string;
  readonly [detail: string]: string | number | undefined;
}

/** What became of subscribing the new channel's events to the customer's own URL. */
export const channelWebhooksStateSchema = z.object({
  /** `waiting` until the channel exists and the subscriptions were made. A failure never undoes the install. */
  status: z.enum(["waiting", "subscribed", "failed"]),
  /** Why it failed and what to do, in plain words. */
  error: z.string().optional(),
});

export type ChannelWebhooksState = z.infer<typeof channelWebhooksStateSchema>;

/** What a cancelled install left behind. Plain sentences. */
export interface Cancellation {
  readonly requestedAt: string;
  readonly undone: readonly string[];
  readonly notUndone: readonly string[];
}

/** An install as callers see it: the request without its secrets, and how far it is. Times are ISO 8601, UTC. */
export interface Install extends Omit<InstallRequest, SecretMember | "reinstall" | "channelWebhooks"> {
  readonly channelWebhooks?:
    | (Omit<ChannelWebhooks, "signingKey"> & Partial<ChannelWebhooksState>)
    | undefined;
  readonly id: string;
  readonly status: InstallStatus;
  /** Who asked for it: the name of an API key, `cli:` and a user's name, or what the caller of the library gave. */
  readonly requestedBy?: string | undefined;
  readonly batchId?: string | undefined;
  readonly row?: number | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly channelStatus?: string | undefined;
  /** Calls to create whose outcome was seen. */
  readonly attempts: number;
  readonly completedBy?: "webhook" | "poll" | undefined;
  readonly error?: InstallError | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly completedAt?: string | undefined;
  /** When something happens next by itself: a retry, a look, the end of a hold. */
  readonly nextActionAt?: string | undefined;
  /** Present once somebody asked for it, also while a run still has to carry it out. */
  readonly cancellation?: Cancellation | undefined;
  /** When its connector was deleted at Bird through Perch. */
  readonly uninstalledAt?: string | undefined;
}

/** Where an install is. `completed`, `failed` and `cancelled` are ends; a late event may still heal a failed one. */
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

/**
 * Whether a channel of this status can be used. Bird publishes no list of statuses, so it is an allow-list;
 * a channel whose status nobody names counts as usable.
 *
 * @param readyStatuses `CHANNEL_READY_STATUSES`.
 */
export const isChannelUsable = (status: string | undefined, readyStatuses: readonly string[]): boolean =>
  status === undefined || status === "" || readyStatuses.includes(status);
