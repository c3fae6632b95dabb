import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchPlace(...args: (string | number)[]): Result<[shard: number, isSettled: 0 | 1], Context>;
    perchShards(...args: (string | number)[]): Result<number, Context>;
    perchDropStray(...args: (string | number)[]): Result<number, Context>;
  }
}

/** The Lua scripts about shards. Their keys are all in the home shard. */
export const shardScripts = {
  // The shard of a workspace: the one written down, the first when the workspace was there before there were others,
  // else the one wanted, which is written down unless somebody only looks. -> {its number, 1 if it is settled}
  perchPlace: {
    numberOfKeys: 3,
    lua: `
local placements, installs, accessKey = unpack(KEYS)
local workspaceId, wanted, mode = unpack(ARGV)
local known = redis.call('HGET', placements, workspaceId)
if known then return {tonumber(known), 1} end
local shard = redis.call('EXISTS', installs, accessKey) > 0 and '0' or wanted
if mode == 'look' then return {tonumber(shard), 0} end
redis.call('HSET', placements, workspaceId, shard)
return {tonumber(shard), 1}`,
  },
  // An event that named no workspace leaves the home: it has been stored where its install is. -> 1 it did · 0
  perchDropStray: {
    numberOfKeys: 3,
    lua: `
redis.call('ZREM', KEYS[2], ':' .. ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('DEL', KEYS[1])`,
  },
  // How many shards there are: the most that any process was ever started with; nothing is written for one. -> how many
  perchShards: {
    numberOfKeys: 1,
    lua: `
local known, count = tonumber(redis.call('GET', KEYS[1]) or '1'), tonumber(ARGV[1])
if count <= known then return known end
redis.call('SET', KEYS[1], count)
return count`,
  },
} as const;
