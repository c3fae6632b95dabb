import type { RedisClient } from "../redis/redis-client.ts";

/** Sizes asked for at a time, so that the answers of a set of a million ids are no burst. */
const groupSize = 1000;

/** How many ids a set of leaves holds: see `id-leaves.ts`. Ids that come meanwhile may be missed. */
export const countIds = async (client: RedisClient, key: string): Promise<number> => {
  const names = await client.zrange(key, "0", "-1");
  let count = 0;
  for (let first = 0; first < names.length; first += groupSize) {
    const group = names.slice(first, first + groupSize);
    const sizes = await Promise.all(group.map((name) => client.zcard(`${key}:${name}`)));
    count += sizes.reduce((sum, size) => sum + size, 0);
  }
  return count;
};
