import type { ReadResult } from "../../bird/read-result.ts";
import type { Subscription } from "../../bird/subscription.ts";
import { createSubscriptions } from "../../bird/subscriptions.ts";
import type { Check } from "./check.ts";
import { type DoctorContext, needSetting } from "./doctor-context.ts";
import { eachWorkspace } from "./each-workspace.ts";
import { expectedWebhooks } from "./expected-webhooks.ts";
import { fail, type Verdict, warn } from "./finding.ts";
import { judgeSubscriptions } from "./judge-subscriptions.ts";
import { subscriptionPolicies } from "./policies.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether Bird sends `channel.created` of each workspace to where the webhook service is. */
export const birdSubscriptionsCheck: Check = {
  id: "bird_subscription",
  run: async (context) => {
    const client = context.bird();
    const organizationId = needSetting(context, "BIRD_ORGANIZATION_ID");
    const subscriptions = createSubscriptions({ client, organizationId });
    return eachWorkspace("bird_subscription", context, async (workspaceId) => {
      const listed = await subscriptions.list(workspaceId);
      if (listed.kind !== "found") return notListed(listed, context, workspaceId);
      return judgeSubscriptions(listed.value, expectedWebhooks(context, workspaceId));
    });
  },
};

const notListed = async (
  read: Exclude<ReadResult<readonly Subscription[]>, { readonly kind: "found" }>,
  { config, listConnectors }: DoctorContext,
  workspaceId: string,
): Promise<Verdict> => {
  switch (read.kind) {
    case "unauthorized":
      throw new UnmetError("Bird refuses the access key.");
    case "forbidden":
      return fail(
        "The access key may not view webhook subscriptions (HTTP 403).",
        `Give the role of BIRD_ACCESS_KEY these policies: ${subscriptionPolicies(config.BIRD_ORGANIZATION_ID ?? "{organization}")}.`,
      );
    case "not_found": {
      const connectors = await listConnectors(workspaceId);
      if (connectors.kind === "answered" && connectors.status === 404)
        throw new UnmetError("Bird does not know the workspace.");
      return fail(
        "Bird knows the workspace, but not in the organization of BIRD_ORGANIZATION_ID (HTTP 404).",
        "Set BIRD_ORGANIZATION_ID to the UUID of the organization that the workspace and the access key belong to.",
      );
    }
    case "unavailable":
      return warn(
        `Bird does not list the webhook subscriptions (${read.reason}).`,
        "Run perch doctor again; 429 means Bird's rate limit, 5xx that Bird has trouble.",
      );
  }
};
