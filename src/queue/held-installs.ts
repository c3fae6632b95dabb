import type { Hold, Holds } from "./holds.ts";
import type { Keys } from "./keys.ts";
import type { Matching } from "./matching.ts";
import { createPlacement } from "./placement.ts";
import type { RedisClient } from "./redis-client.ts";

/** Installs woken at a time. */
const groupSize = 500;

export interface Resumption {
  /** The hold that stood; undefined when the workspace was not held. */
  readonly lifted: Hold | undefined;
  /** Installs that waited for it and run now. */
  readonly woken: number;
}

/**
 * Lifts a workspace's hold and makes the installs that waited for it run now. Without this they run when the
 * hold ends by itself.
 */
export const createResumeWorkspace =
  (deps: {
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly holds: Holds;
    readonly matching: Matching;
  }) =>
  async (workspaceId: string): Promise<Resumption> => {
    const { client, holds, matching } = deps;
    const shard = await createPlacement(deps).look(workspaceId);
    const lifted = await holds.find(workspaceId);
    await holds.release(workspaceId);
    let woken = 0;
    for (;;) {
      const ids = await client.spop(shard.held(workspaceId), groupSize);
      if (ids.length === 0) return { lifted, woken };
      const results = await Promise.all(ids.map((id) => matching.wake(id)));
      woken += results.filter((result) => result === "woken").length;
    }
  };
