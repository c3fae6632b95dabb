import type { Keys } from "./keys.ts";

/** What is counted in each shard, together. */
export const sumOfShards = async (keys: Keys, count: (shard: Keys) => Promise<number>): Promise<number> =>
  (await Promise.all(keys.shards.map(count))).reduce((sum, each) => sum + each, 0);
