import type { Keys } from "./keys.ts";
import { createPlacement } from "./placement.ts";
import type { RedisClient } from "./redis-client.ts";

/** Requests to Bird of one workspace, fleet-wide. */
export interface Budget {
  readonly perSecond: number;
}

/**
 * The generic cell rate algorithm for a budget: one place every `stepMs`, `burst` of them at once. The burst
 * is a quarter of the rate, so that the busiest second stays within a quarter above it: Perch's default of
 * 400 POSTs then never passes Bird's ceiling of 500.
 */
export const gcra = ({ perSecond }: Budget): { readonly stepMs: number; readonly burst: number } => ({
  stepMs: 1000 / perSecond,
  burst: Math.max(1, Math.floor(perSecond / 4)),
});

export interface ReadBudget {
  /** How long until a GET of this workspace would have a place, ms; takes none. */
  peek(workspaceId: string): Promise<number>;
  /** Takes the next place and answers how long until then, ms. */
  take(workspaceId: string): Promise<number>;
}

/**
 * GETs at Bird are scarce: a workspace's looks and polls share `BIRD_GETS_PER_SECOND`.
 *
 * @param deps.kind `look-up`: the pace of channel look-ups, which take a place of the shared budget besides. Default `get`.
 */
export const createReadBudget = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly budget: Budget;
  readonly kind?: "get" | "look-up";
  readonly now: () => number;
}): ReadBudget => {
  const { client, now } = deps;
  const { place } = createPlacement(deps);
  const { stepMs, burst } = gcra(deps.budget);
  const ask = (mode: "peek" | "take") => async (workspaceId: string) => {
    const shard = await place(workspaceId);
    return client.perchBudget(shard.budget(deps.kind ?? "get", workspaceId), now(), stepMs, burst, mode);
  };
  return { peek: ask("peek"), take: ask("take") };
};
