import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";

/** Removes from the home an event that named no workspace: it has been stored where its install is. Answers 1, or 0 when it was not there. */
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
 * Events that name no workspace, so that nobody knows their shard: they come to `/webhooks/bird` without a workspace in
 * the address. One for a connector that no install has yet is stored in the home, and whoever binds that connector in
 * another shard fetches it from there. As everywhere each side writes first and looks second.
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
    /** The event that waits in the home for a connector of another shard. */
    find: async (connectorId: string, shard: Keys): Promise<UnroutedEvent | undefined> => {
      if (others.length === 0 || shard === home) return undefined;
      const [channelId, status, usable] = await client.hmget(
        home.unmatchedEvent("", connectorId),
        ...["channel", "status", "usable"],
      );
      return channelId == null ? undefined : { channelId, status: status ?? "", isUsable: usable === "1" };
    },
    /** It has been stored where its install is. */
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
