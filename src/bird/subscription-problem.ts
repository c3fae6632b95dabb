import type { SubscriptionProblem } from "../install/subscription-state.ts";
import type { ReadResult } from "./read-result.ts";
import type { Refusal } from "./refusal.ts";

const resource = "/organizations/{organization}/workspaces/*/webhook-subscriptions";

const badKey: SubscriptionProblem = {
  cause: "bad_key",
  what: "Bird refused the access key",
  fix: "set a valid BIRD_ACCESS_KEY",
};

const unknownWorkspace: SubscriptionProblem = {
  cause: "unknown_workspace",
  what: "Bird does not know the organization or the workspace",
  fix: "check BIRD_ORGANIZATION_ID",
};

const noPolicy = (action: "view" | "create" | "delete"): Omit<SubscriptionProblem, "cause"> => ({
  what: "the access key has no policy for it",
  fix: `give its role ${action} on ${resource}`,
});

const away = (reason: string): SubscriptionProblem => ({
  cause: "away",
  what: `Bird does not answer (${reason})`,
  fix: "look at its status page",
});

/** Why a workspace's subscriptions could not be listed. */
export const listProblem = (
  read: Exclude<ReadResult<unknown>, { readonly kind: "found" }>,
): SubscriptionProblem => {
  switch (read.kind) {
    case "unauthorized":
      return badKey;
    case "forbidden":
      return { cause: "may_not_view", ...noPolicy("view") };
    case "not_found":
      return unknownWorkspace;
    case "unavailable":
      return away(read.reason);
  }
};

/** Why a subscription to an event could not be made. */
export const createProblem = (refusal: Refusal, event: string): SubscriptionProblem => {
  switch (refusal.kind) {
    case "denied":
      return refusal.code === "unauthorized" ? badKey : { cause: "may_not_create", ...noPolicy("create") };
    case "not_found":
      return unknownWorkspace;
    case "rejected":
      return {
        cause: "refused",
        what: `Bird refused the subscription to ${event} (HTTP ${refusal.birdStatus})`,
        fix: "check that the address is https with a host name and no port",
      };
    case "rate_limited":
      return away("HTTP 429");
    case "unavailable":
      return away(refusal.reason);
  }
};

/** Why an old subscription stays. */
export const deleteProblem = (
  refusal: Extract<Refusal, { readonly kind: "denied" | "unavailable" }>,
): Omit<SubscriptionProblem, "cause"> => {
  if (refusal.kind === "unavailable") return away(refusal.reason);
  return refusal.code === "unauthorized" ? badKey : noPolicy("delete");
};
