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
    const sinceMs = now() - paceMs;
    const [completed, failed, waiting] = await Promise.all([
      sumOfShards(keys, (shard) => client.zcount(shard.job("completed"), sinceMs, "+inf")),
      sumOfShards(keys, (shard) => client.zcount(shard.job("failed"), sinceMs, "+inf")),
      sumOfShards(keys, (shard) => client.zcard(shard.job("prioritized"))),
    ]);
    const ended = completed + failed;
    if (ended < endsMin) return byBudget;
    const all = waiting + counts.reduce((total, count) => total + count, 0);
    return { finishMs: Math.max(budgetMs, Math.ceil((all * paceMs) / ended)), finishBasis: "pace" };
  };
};
