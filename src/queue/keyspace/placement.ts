import { hash } from "node:crypto";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "./keys.ts";
import { checkShards, isShardOpen, reopenShard } from "./shard-number.ts";
import { ShardsError } from "./shards.ts";

/** The shard of a workspace holds its installs and all other data of the workspace. */
interface Placement {
  /** Returns the workspace's shard; assigns and stores one on first use. Call before writing. */
  assignShard(workspaceId: string): Promise<Keys>;
  /** Returns the workspace's shard without storing an assignment. Call before reading. */
  findShard(workspaceId: string): Promise<Keys>;
}

/**
 * Finds the shard of a workspace: the one written down, the first when the workspace was there before there were others,
 * else one of those that count, by the workspace's hash, which is written down unless `mode` is `find`. Answers its
 * number, 1 if it is settled, and how many shards count.
 */
const readPlacement = defineScript({
  name: "perchPlace",
  keys: ["placements", "installs", "accessKey", "count", "epoch"],
  args: ["workspaceId", "hash", "mode"],
  answer: z.tuple([z.number(), z.literal([0, 1]), z.number()]),
  lua: `
local number = tonumber(redis.call('GET', count) or '1')
local known = redis.call('HGET', placements, workspaceId)
if known and tonumber(known) < number then return {tonumber(known), 1, number} end
local shard = redis.call('EXISTS', installs, accessKey) > 0 and 0 or tonumber(hash) % number
if mode == 'find' then return {shard, 0, number} end
redis.call('HSET', placements, workspaceId, shard)
if shard > 0 then redis.call('INCR', epoch) end
return {shard, 1, number}`,
});

/** Workspaces whose shard a process caches. */
const rememberedMax = 50_000;

/**
 * A workspace's shard is chosen by its id when it is first met, and written down: it stays where it is when there
 * are more shards one day. A workspace that was there before there were shards stays in the first one. How many shards
 * there are to choose from is what Redis says, not this process: see `shard-number.ts`.
 *
 * @throws {ShardsError} the workspace is in a shard that this process does not know of.
 */
export const createPlacement = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Placement => {
  const { shards, placed } = keys;
  const home = keys.home();
  const ask = async (workspaceId: string, mode: "assign" | "find"): Promise<Keys> => {
    const [shard, isSettled, number] = await readPlacement(client, {
      placements: home.placements(workspaceId),
      installs: home.workspaceInstalls(workspaceId),
      accessKey: home.accessKey(workspaceId),
      count: home.shardCount,
      epoch: home.shardEpoch,
      workspaceId,
      hash: hash("sha256", workspaceId, "buffer").readUInt32BE(),
      mode,
    });
    const found = shards[shard];
    if (found === undefined) throw new ShardsError(number);
    if (isSettled === 1) remember(workspaceId, found);
    return found;
  };
  const remember = (workspaceId: string, shard: Keys): void => {
    if (placed.size >= rememberedMax) placed.clear();
    placed.set(workspaceId, shard);
  };
  const shardOf = (mode: "assign" | "find") => async (id: string) => {
    if (shards.length === 1) return home;
    const workspaceId = id.toLowerCase();
    return placed.get(workspaceId) ?? (await ask(workspaceId, mode));
  };
  return { assignShard: shardOf("assign"), findShard: shardOf("find") };
};

/** Most writes tried while other processes close shards. */
const triesMax = 5;

/**
 * Writes something of a workspace to its shard, so that every process that knows of all shards finds it: it is written
 * first and looked at second whether the shard still counts. Without a workspace it goes to the home.
 *
 * @param write Repeatable: it is called again when the shard was closed meanwhile.
 * @throws {ShardsError} there are more shards than this process knows of. What was written must not be relied on.
 */
export const keepInShard = async <T>(
  deps: { readonly client: RedisClient; readonly keys: Keys },
  workspaceId: string | undefined,
  write: (shard: Keys) => Promise<T>,
): Promise<T> => {
  const { client, keys } = deps;
  const { assignShard } = createPlacement(deps);
  for (let tries = 0; tries < triesMax; tries++) {
    await checkShards(deps);
    const shard = workspaceId === undefined ? keys.home() : await assignShard(workspaceId);
    const written = await write(shard);
    const [isOpen] = await Promise.all([isShardOpen(client, shard), checkShards(deps)]);
    if (isOpen) return written;
    await reopenShard(deps, shard);
  }
  throw new Error("The number of shards changes all the time: stop the processes that differ in SHARDS.");
};
