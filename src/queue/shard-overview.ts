import type { RedisClient } from "../redis/redis-client.ts";
import { createKeys, type Keys } from "./keys.ts";
import { isCluster } from "./redis-servers.ts";
import { readShardNumber } from "./shard-number.ts";
import { findShardUsers, type ShardUser } from "./shard-users.ts";

/** How installs are spread, and who spreads them. */
export interface ShardOverview {
  /** What Redis says. */
  readonly shards: number;
  /** What `SHARDS` says here. */
  readonly here: number;
  /** Installs in each shard, also those that have ended and are kept. */
  readonly installs: readonly number[];
  readonly users: readonly ShardUser[];
  /** Whether Redis is a cluster, which alone has several masters to spread shards over. */
  readonly isCluster: boolean;
}

/** Reads how installs are spread. Writes nothing. */
export const readShardOverview = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Promise<ShardOverview> => {
  const { client, keys } = deps;
  const shards = await readShardNumber(deps);
  const [installs, users] = await Promise.all([
    Promise.all(createKeys(keys.home().prefix, shards).shards.map((shard) => countInstalls(client, shard))),
    findShardUsers(deps),
  ]);
  return { shards, here: keys.shards.length, installs, users, isCluster: isCluster(client) };
};

const countInstalls = async (client: RedisClient, shard: Keys): Promise<number> => {
  const counts = await Promise.all([
    ...(["wait", "active"] as const).map((state) => client.llen(shard.installsIn(state))),
    ...(["prioritized", "delayed", "completed", "failed"] as const).map((state) =>
      client.zcard(shard.installsIn(state)),
    ),
  ]);
  return counts.reduce((sum, count) => sum + count, 0);
};
