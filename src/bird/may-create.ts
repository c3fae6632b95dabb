import type { BirdClient } from "./bird-client.ts";
import { birdPath } from "./bird-path.ts";

/** What the answer to an empty create proves about the access key's policies. */
export type CreatePermission =
  /** Bird validated the body, so it had accepted the key. Inferred: the order of Bird's checks is not documented. */
  | { readonly kind: "seems_allowed"; readonly birdStatus: number }
  | { readonly kind: "forbidden" }
  | { readonly kind: "unauthorized" }
  | { readonly kind: "workspace_not_found" }
  /** Bird accepted a create without a name, contrary to its reference. */
  | { readonly kind: "created" }
  | { readonly kind: "unclear"; readonly reason: string };

/**
 * Checks whether the key may create connectors, with a create whose body is empty: `name` is required, so nothing can be
 * created. Bird offers no other check.
 *
 * @see https://docs.bird.com/api/channels-api/api-reference/channel-connectors
 */
export const createMayCreate =
  (deps: { readonly client: BirdClient }) =>
  async (workspaceId: string): Promise<CreatePermission> => {
    const path = birdPath`/workspaces/${workspaceId}/connectors`;
    const answer = await deps.client.send({ method: "POST", path, json: {} });
    if (answer.kind !== "answered") return { kind: "unclear", reason: answer.reason };
    const { status } = answer;
    if (status >= 200 && status < 300) return { kind: "created" };
    return permissions[status] ?? { kind: "unclear", reason: `HTTP ${status}` };
  };

const permissions: Readonly<Record<number, CreatePermission>> = {
  400: { kind: "seems_allowed", birdStatus: 400 },
  401: { kind: "unauthorized" },
  403: { kind: "forbidden" },
  404: { kind: "workspace_not_found" },
  422: { kind: "seems_allowed", birdStatus: 422 },
};
