import { z } from "zod";

/** Why a workspace is held: Bird asked to slow down, or refuses the access key. */
export const holdReasons = ["rate_limited", "unauthorized"] as const;

export type HoldReason = (typeof holdReasons)[number];

/** Why Perch knows no subscription of a workspace to `channel.created`. */
const subscriptionProblemSchema = z.object({
  cause: z.enum([
    /** A setting that Perch needs to create one is missing. */
    "not_configured",
    /** 401: Bird refuses the key for every call. */
    "bad_key",
    /** The key may not list subscriptions, so there may be one. */
    "may_not_view",
    /** 404 to the organization or the workspace. */
    "unknown_workspace",
    "may_not_create",
    /** Bird's limit for this combination is reached, and none of the subscriptions is Perch's. */
    "full",
    /** Bird rejects this subscription, for example for its address. */
    "refused",
    /** Bird does not answer, or asks to slow down: temporary. */
    "away",
  ]),
  /** The problem, without a full stop. */
  what: z.string(),
  /** The fix, without a full stop. */
  fix: z.string(),
});

export type SubscriptionProblem = z.infer<typeof subscriptionProblemSchema>;

/** What Perch last saw of a workspace's subscription to `channel.created`. */
export const subscriptionStateSchema = z.object({
  status: z.enum(["present", "missing", "unavailable"]),
  checkedAtMs: z.number().int(),
  /** The address of its events. */
  url: z.string().optional(),
  problem: subscriptionProblemSchema.optional(),
  /** Since when Bird has not answered any check. */
  awaySinceMs: z.number().int().optional(),
});

export type SubscriptionState = z.infer<typeof subscriptionStateSchema>;

/** A problem and its fix as part of a sentence. */
export const problemText = ({ what, fix }: Pick<SubscriptionProblem, "what" | "fix">): string =>
  `${what}: ${fix}`;
