import { z } from "zod";
import type { Keys } from "./keys.ts";
import { createPlacement } from "./placement.ts";
import type { RedisClient } from "./redis-client.ts";

export interface Hold {
  readonly reason: "rate_limited" | "unauthorized";
  readonly untilMs: number;
}

export interface Holds {
  /** The hold of a workspace that has not passed yet. */
  find(workspaceId: string): Promise<Hold | undefined>;
  /** Holds a workspace for as long as Bird said, a day at most. */
  holdFor(workspaceId: string, pauseMs: number): Promise<Hold>;
  /** Holds a workspace whose key is refused, each time for twice as long, up to the cap. */
  holdUnauthorized(workspaceId: string): Promise<Hold>;
  /** Lifts a hold. */
  release(workspaceId: string): Promise<void>;
}

/** No `Retry-After` is believed beyond a day: by then an install fails as rate_limited. */
const askedMaxMs = 24 * 3_600_000;

const reasons = ["rate_limited", "unauthorized"] as const satisfies readonly Hold["reason"][];
const holdSchema = z.object({ reason: z.enum(reasons), untilMs: z.coerce.number() });

/**
 * Holds of workspaces, shared by the whole fleet: nothing is sent to Bird for a held workspace, its installs
 * wait at no cost in attempts, and other workspaces do not notice. A hold ends by itself.
 */
export const createHolds = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** First and longest pause of a workspace held as unauthorized, ms. */
  readonly baseMs: number;
  readonly capMs: number;
  readonly now?: () => number;
}): Holds => {
  const { client, baseMs, capMs } = deps;
  const { place, look } = createPlacement(deps);
  const now = deps.now ?? Date.now;
  const hold = async (workspaceId: string, reason: Hold["reason"], fixedMs: number): Promise<Hold> => {
    const shard = await place(workspaceId);
    const [untilMs, standing] = await client.perchHold(
      shard.hold(workspaceId),
      shard.heldWorkspaces(reason),
      shard.heldWorkspaces(reason === "unauthorized" ? "rate_limited" : "unauthorized"),
      reason,
      now(),
      fixedMs,
      baseMs,
      capMs,
      workspaceId,
    );
    return holdSchema.parse({ reason: standing, untilMs });
  };
  return {
    find: async (workspaceId) => {
      const shard = await look(workspaceId);
      const [reason, untilMs] = await client.hmget(shard.hold(workspaceId), "reason", "until");
      return reason != null && Number(untilMs) > now() ? holdSchema.parse({ reason, untilMs }) : undefined;
    },
    holdFor: (workspaceId, pauseMs) =>
      hold(workspaceId, "rate_limited", Math.min(Math.ceil(pauseMs), askedMaxMs)),
    holdUnauthorized: (workspaceId) => hold(workspaceId, "unauthorized", -1),
    release: async (workspaceId) => {
      const shard = await look(workspaceId);
      await client.del(shard.hold(workspaceId));
      for (const reason of reasons) await client.zrem(shard.heldWorkspaces(reason), workspaceId);
    },
  };
};
