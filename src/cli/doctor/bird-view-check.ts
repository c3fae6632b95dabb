import { birdPath } from "../../bird/bird-path.ts";
import type { Check } from "./check.ts";
import { heard } from "./doctor-context.ts";
import { eachWorkspace } from "./each-workspace.ts";
import { fail, ok, type Verdict, warn } from "./finding.ts";
import { connectorPolicies } from "./policies.ts";

/** Whether the key may look at connectors and channels, without which a lost answer cannot be looked up. */
export const birdViewCheck: Check = {
  id: "bird_view",
  run: async (context) => {
    const client = context.bird();
    return eachWorkspace("bird_view", context, async (workspaceId) => {
      const channels = birdPath`/workspaces/${workspaceId}/channels`;
      const [connectorsAnswer, channelsAnswer] = await Promise.all([
        context.listConnectors(workspaceId),
        client.send({ method: "GET", path: channels, query: { platform: "whatsapp", limit: 1 } }),
      ]);
      return verdictOf(heard(connectorsAnswer).status, heard(channelsAnswer).status);
    });
  },
};

const verdictOf = (connectors: number, channels: number): Verdict => {
  if (connectors === 404)
    return fail(
      "Bird does not know the workspace (HTTP 404).",
      "Check the UUID: the ws_… text in Bird's addresses does not work. It must belong to BIRD_ACCESS_KEY's organization.",
    );
  const refused = [...(connectors === 403 ? ["connectors"] : []), ...(channels === 403 ? ["channels"] : [])];
  if (refused.length > 0)
    return fail(
      `The access key may not view ${refused.join(" and ")} (HTTP 403): a lost answer ends as ambiguous_submission.`,
      `Give the role of BIRD_ACCESS_KEY these policies: ${connectorPolicies}.`,
    );
  const isFine = [connectors, channels].every((status) => status < 300);
  return isFine
    ? ok("The access key may view connectors and channels.")
    : warn(
        `Bird answers HTTP ${connectors} for connectors and ${channels} for channels.`,
        "Run perch doctor again; 429 means Bird's rate limit, 5xx that Bird has trouble.",
      );
};
