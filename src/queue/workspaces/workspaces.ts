import type { SubscriptionState } from "../../install/workspace-state.ts";
import type { RedisClient } from "../../redis/client.ts";
import { countIds } from "../../redis/id-set.ts";
import type { Hold, Holds } from "../gate/holds.ts";
import { createHoldLine } from "../installs/hold-line.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import { createSubscriptionStates } from "./subscription-states.ts";

/** What Perch knows of a Bird workspace. */
export interface WorkspaceState {
  readonly workspaceId: string;
  readonly hold: Hold | undefined;
  /** What was last seen of its subscription to `channel.created`; undefined when it was never checked. */
  readonly subscription: SubscriptionState | undefined;
  /** Installs that are still kept, whatever has become of them. */
  readonly installs: number;
  /** Installs that wait for the hold to end. */
  readonly heldInstalls: number;
}

/** Reads the state of one workspace; an unknown one has no hold, subscription or installs. */
export const createFindWorkspace =
  (deps: { readonly client: RedisClient; readonly keys: Keys; readonly holds: Pick<Holds, "find"> }) =>
  async (workspaceId: string): Promise<WorkspaceState> => {
    const { client, keys, holds } = deps;
    const shard = await createPlacement({ client, keys }).findShard(workspaceId);
    const [hold, subscription, installs, heldInstalls] = await Promise.all([
      holds.find(workspaceId),
      createSubscriptionStates({ client, keys }).find(workspaceId),
      countIds(client, shard.workspaceInstalls(workspaceId)),
      createHoldLine({ client, keys }).count(workspaceId),
    ]);
    return { workspaceId, hold, subscription, installs, heldInstalls };
  };
