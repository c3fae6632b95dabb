import type { RedisClient } from "../redis/redis-client.ts";
import type { Keys } from "./keys.ts";
import { createPlacement } from "./placement.ts";

/** Far from when anything happens, and an end all the same. */
const waitMs = 24 * 3_600_000;

/**
 * The line of a held workspace: its installs that wait, those of batches behind the others. Who lets them in:
 * `held-installs.ts`.
 */
export interface HoldLine {
  /**
   * To be asked right before an install is parked for a hold. Until when it is parked: the first of a pause until that
   * is over, when it tries; the others far off, because they are let in; until now when the hold has been lifted.
   */
  enter(install: {
    readonly installId: string;
    readonly workspaceId: string;
    readonly batchId: string | undefined;
  }): Promise<number>;
  /** The install does not wait any more. */
  leave(installId: string, workspaceId: string): Promise<void>;
  count(workspaceId: string): Promise<number>;
}

export const createHoldLine = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now?: () => number;
}): HoldLine => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;
  const { look } = createPlacement(deps);
  return {
    enter: async ({ installId, workspaceId, batchId }) => {
      const shard = keys.ofInstall(installId);
      const nowMs = now();
      const [answer, atMs] = await client.perchAwaitHold(
        ...[shard.hold(workspaceId), shard.heldInstalls(workspaceId), shard.doors],
        ...[installId, workspaceId, batchId === undefined ? 0 : 1, nowMs],
      );
      if (answer === "first") return Number(atMs);
      return answer === "waits" ? nowMs + waitMs : nowMs;
    },
    leave: async (installId, workspaceId) => {
      const shard = keys.ofInstall(installId);
      await client.zrem(shard.heldInstalls(workspaceId), installId);
      await client.srem(shard.held(workspaceId), installId);
    },
    count: async (workspaceId) => {
      const shard = await look(workspaceId);
      const [count, old] = await Promise.all([
        client.zcard(shard.heldInstalls(workspaceId)),
        client.scard(shard.held(workspaceId)),
      ]);
      return count + old;
    },
  };
};
