import { createKeys } from "../../queue/keyspace/keys.ts";
import { agreeOnShards } from "../../queue/keyspace/shard-number.ts";
import { readShardOverview, type ShardOverview } from "../../queue/keyspace/shard-users.ts";
import { closeRedis, connectRedis } from "../../redis/connection.ts";
import type { CommandDeps } from "./command-deps.ts";
import { openRedis } from "./open-redis.ts";

/** Runs the command about shards, whatever their number is. */
export const withShards = async <T>(
  deps: CommandDeps,
  run: (open: {
    readonly readOverview: () => Promise<ShardOverview>;
    readonly grow: (shards: number) => Promise<void>;
  }) => Promise<T>,
): Promise<T> => {
  await using opened = new AsyncDisposableStack();
  const redis = await openRedis({ ...deps, shards: "ignore" });
  opened.defer(redis.close);
  const { keys } = redis;
  const client = await connectRedis(redis.url, { whenAway: "fail", name: "command" });
  opened.defer(() => closeRedis(client));
  return await run({
    readOverview: () => readShardOverview({ client, keys }),
    grow: (shards) => agreeOnShards({ client, keys: createKeys(keys.home().prefix, shards) }),
  });
};
