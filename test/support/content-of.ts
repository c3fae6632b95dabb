import assert from "node:assert/strict";
import type { RedisClient } from "../../src/redis/client.ts";

/** What a key holds, whatever its type. */
export const contentOf = async (client: RedisClient, key: string): Promise<unknown> => {
  const type = await client.type(key);
  switch (type) {
    case "none":
      return null;
    case "string":
      return client.get(key);
    case "hash":
      return client.hgetall(key);
    case "list":
      return client.lrange(key, 0, -1);
    case "set":
      return client.smembers(key);
    case "zset":
      return client.zrange(key, "0", "-1", "WITHSCORES");
    case "stream":
      return client.xrange(key, "-", "+");
    default:
      return assert.fail(`${key} is a ${type}`);
  }
};
