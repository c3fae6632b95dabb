import type { Requester } from "../install/requested-by.ts";
import type { Hold, Holds } from "./holds.ts";
import type { Keys } from "./keys.ts";
import type { Matching } from "./matching.ts";
import { createPlacement } from "./placement.ts";
import type { RedisClient } from "./redis-client.ts";
import { timelineLine } from "./timeline.ts";

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
    /** Who acts, where a call does not say. */
    readonly requestedBy?: string | undefined;
    readonly now?: () => number;
  }) =>
  async (workspaceId: string, { requestedBy = deps.requestedBy }: Requester = {}): Promise<Resumption> => {
    const { client, holds, matching } = deps;
    const shard = await createPlacement(deps).look(workspaceId);
    const lifted = await holds.find(workspaceId);
    await holds.release(workspaceId);
    let woken = 0;
    for (;;) {
      const ids = await client.spop(shard.held(workspaceId), groupSize);
      if (ids.length === 0) return { lifted, woken };
      const line = timelineLine((deps.now ?? Date.now)(), "workspace resumed", { requestedBy });
      const results = await Promise.all(
        ids.map(async (id) => {
          const result = await matching.wake(id);
          // Only what is there: an install that is gone must not leave a timeline behind.
          if (result === "woken") await client.rpushx(deps.keys.ofInstall(id).logs(id), line);
          return result;
        }),
      );
      woken += results.filter((result) => result === "woken").length;
    }
  };
