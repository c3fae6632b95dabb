import type { Keys } from "../../src/queue/keyspace/keys.ts";
import type { RedisClient } from "../../src/redis/client.ts";

/** Names of all keys that are kept, whatever their shard. */
export const storedNames = async (client: RedisClient, keys: Keys): Promise<readonly string[]> =>
  (await Promise.all(keys.shards.map(({ prefix }) => client.keys(`${prefix}:*`)))).flat();
