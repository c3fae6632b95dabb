import { z } from "zod";

/** Why a workspace has no subscription to `channel.created` that Perch knows of. */
const subscriptionProblemSchema = z.object({
  cause: z.enum([
    /** A setting is missing without which Perch cannot make one. */
    "not_configured",
    /** 401: about every call, not about this one. */
    "bad_key",
    /** The key may not look, so there may be one all the same. */
    "may_not_view",
    /** 404 to the organization or the workspace. */
    "unknown_workspace",
    "may_not_create",
    /** Bird allows so many of one combination, and none of them is ours. */
    "full",
    /** Bird will not have this subscription, such as for its address. */
    "refused",
    /** Bird does not answer, or asks to slow down: it passes by itself. */
    "away",
  ]),
  /** What is so, without a full stop. */
  what: z.string(),
  /** What a person does about it, without a full stop. */
  fix: z.string(),
});

export type SubscriptionProblem = z.infer<typeof subscriptionProblemSchema>;

/** What Perch last saw of a workspace's subscription to `channel.created`. */
export const subscriptionStateSchema = z.object({
  status: z.enum(["present", "missing", "unavailable"]),
  checkedAtMs: z.number().int(),
  /** Where its events go. */
  url: z.string().optional(),
  problem: subscriptionProblemSchema.optional(),
  /** Since when Bird has been away at every look. */
  awaySinceMs: z.number().int().optional(),
});

export type SubscriptionState = z.infer<typeof subscriptionStateSchema>;

/** A problem in one piece of a sentence. */
export const problemText = ({ what, fix }: Pick<SubscriptionProblem, "what" | "fix">): string =>
  `${what}: ${fix}`;
