import { type CreatePermission, createMayCreate } from "../../bird/may-create.ts";
import type { Check } from "./check.ts";
import { eachWorkspace } from "./each-workspace.ts";
import { fail, ok, type Verdict, warn } from "./finding.ts";
import { connectorPolicies } from "./policies.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether the key may create connectors, as far as that can be known without creating one. */
export const birdCreateCheck: Check = {
  id: "bird_create",
  run: async (context) => {
    const mayCreate = createMayCreate({ client: context.bird() });
    return eachWorkspace("bird_create", context, async (workspaceId) =>
      verdictOf(await mayCreate(workspaceId)),
    );
  },
};

const verdictOf = (permission: CreatePermission): Verdict => {
  switch (permission.kind) {
    case "seems_allowed":
      return ok(
        `The access key seems to be allowed to create connectors. Inferred: Bird judged an empty create (HTTP ${permission.birdStatus}) rather than refuse the key.`,
      );
    case "forbidden":
      return fail(
        "The access key may not create connectors (HTTP 403).",
        `Give the role of BIRD_ACCESS_KEY these policies: ${connectorPolicies}.`,
      );
    case "workspace_not_found":
      throw new UnmetError("Bird does not know the workspace.");
    case "unauthorized":
      throw new UnmetError("Bird refuses the access key.");
    case "created":
      return fail(
        "Bird took an empty create, which its reference excludes: look for a connector without a name.",
        "Delete that connector in Bird, and do not run perch doctor with this BIRD_API_URL again.",
      );
    case "unclear":
      return warn(
        `Whether the access key may create connectors cannot be told (${permission.reason}).`,
        "Run perch doctor again; 429 means Bird's rate limit, 5xx that Bird has trouble.",
      );
  }
};
