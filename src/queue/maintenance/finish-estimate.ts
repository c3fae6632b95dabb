import type { RedisClient } from "../../redis/client.ts";
import { type Keys, sumOfShards } from "../keyspace/keys.ts";

/** When installs that came now would have ended. */
export interface FinishEstimate {
  /** From now, ms. */
  readonly finishMs: number;
  /**
   * `pace`: at the pace of the last minute, behind all that wait. `budget`: too few ended in the last minute to measure a
   * pace, so this is only what the POST budgets of their workspaces take; it may take longer.
   */
  readonly finishBasis: "pace" | "budget";
}

/**
 * @param installs How many would come, by workspace.
 * @param options.isAlone Ignores the installs of others, so that the estimate reveals nothing of them.
 */
export type EstimateFinish = (
  installs: ReadonlyMap<string, number>,
  options?: { readonly isAlone?: boolean | undefined },
) => Promise<FinishEstimate>;

const paceMs = 60_000;
/** Fewer ends in that time are no pace. */
const endsMin = 30;

/** How many installs ended in the minute before `nowMs`. */
export const countEnds = (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  nowMs: number,
): Promise<number> =>
  sumOfShards(keys, async (shard) => {
    const counts = await Promise.all(
      (["completed", "failed"] as const).map((state) =>
        client.zcount(shard.installsIn(state), nowMs - paceMs, "+inf"),
      ),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  });

/** When so many installs would have ended at the pace of the last minute; undefined when that was none. */
export const finishAtPace = (installs: number, ended: number): number | undefined =>
  ended < endsMin ? undefined : Math.ceil((installs * paceMs) / ended);

export const createEstimateFinish = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** `BIRD_POSTS_PER_SECOND`, a workspace. */
  readonly postsPerSecond: number;
  readonly now: () => number;
}): EstimateFinish => {
  const { client, keys, postsPerSecond, now } = deps;
  return async (installs, { isAlone = false } = {}) => {
    const counts = [...installs.values()];
    const budgetMs = Math.ceil((Math.max(0, ...counts) / postsPerSecond) * 1000);
    const byBudget = { finishMs: budgetMs, finishBasis: "budget" } as const;
    if (isAlone) return byBudget;
    const [ended, waiting] = await Promise.all([
      countEnds({ client, keys }, now()),
      sumOfShards(keys, (shard) => client.zcard(shard.job("prioritized"))),
    ]);
    const all = waiting + counts.reduce((total, count) => total + count, 0);
    const finishMs = finishAtPace(all, ended);
    return finishMs === undefined
      ? byBudget
      : { finishMs: Math.max(budgetMs, finishMs), finishBasis: "pace" };
  };
};
