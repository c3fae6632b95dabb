import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";

/** Removes an event without a workspace from the home shard, after it was stored in its install's. Answers 1, or 0 when absent. */
const dropUnrouted = defineScript({
  name: "perchDropStray",
  keys: ["event", "unmatched", "unmatchedOf"],
  args: ["connectorId"],
  answer: z.literal([0, 1]),
  lua: `
redis.call('ZREM', unmatched, ':' .. connectorId)
redis.call('ZREM', unmatchedOf, connectorId)
return redis.call('DEL', event)`,
});

/** An event as it was stored. */
interface UnroutedEvent {
  readonly channelId: string;
  readonly status: string;
  readonly isUsable: boolean;
}

/**
 * Events without a workspace, whose shard is therefore unknown: they arrive at `/webhooks/bird` without a workspace in
 * the path. An event of a connector that no install owns yet is stored in the home shard, and the bind of that connector
 * in another shard fetches it from there. Each side writes first and looks second.
 */
export const createUnroutedEvents = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}) => {
  const home = keys.home();
  const others = keys.shards.filter((shard) => shard !== home);
  return {
    /** The shard of the install that has the connector. */
    shardOf: async (connectorId: string): Promise<Keys | undefined> => {
      const installs = await eachShard(keys, (shard) => client.hget(shard.connector(connectorId), "job"));
      return keys.shards.find((_, index) => installs[index] != null);
    },
    /** Finds the event in the home shard of a connector of another shard. */
    find: async (connectorId: string, shard: Keys): Promise<UnroutedEvent | undefined> => {
      if (others.length === 0 || shard === home) return undefined;
      const [channelId, status, usable] = await client.hmget(
        home.unmatchedEvent("", connectorId),
        ...["channel", "status", "usable"],
      );
      return channelId == null ? undefined : { channelId, status: status ?? "", isUsable: usable === "1" };
    },
    /** Removes the event after it was stored in its install's shard. */
    drop: async (connectorId: string): Promise<void> => {
      await dropUnrouted(client, {
        event: home.unmatchedEvent("", connectorId),
        unmatched: home.unmatched,
        unmatchedOf: home.unmatchedOf(""),
        connectorId: connectorId.toLowerCase(),
      });
    },
  };
};
