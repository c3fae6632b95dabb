import { randomUUID } from "node:crypto";
import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether Bird knows the access key. Without a workspace it is asked about a made-up one, which changes nothing. */
export const birdKeyCheck: Check = {
  id: "bird_key",
  run: async ({ bird, workspaces, listConnectors }) => {
    bird();
    const [known] = await workspaces().catch(() => []);
    const answer = await listConnectors(known ?? randomUUID());
    if (answer.kind !== "answered") throw new UnmetError(`Bird does not answer (${answer.reason}).`);
    if (answer.status === 401)
      return fail(
        "Bird refuses the access key (HTTP 401).",
        "Set BIRD_ACCESS_KEY to a valid key that has a role; in Bird: Settings, Security, Access keys.",
      );
    return known === undefined
      ? ok(`Bird does not refuse the access key (HTTP ${answer.status} for a made-up workspace).`)
      : ok("Bird accepts the access key.");
  },
};
