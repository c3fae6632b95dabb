import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchPlace(
      ...args: (string | number)[]
    ): Result<[shard: number, isSettled: 0 | 1, number: number], Context>;
    perchShards(...args: (string | number)[]): Result<[number: number, epoch: number], Context>;
    perchCloseShard(...args: (string | number)[]): Result<0 | 1, Context>;
    perchOpenShard(...args: (string | number)[]): Result<0 | 1, Context>;
    perchPlacedBehind(...args: (string | number)[]): Result<[workspaceId: string, shard: string][], Context>;
    perchTakeBackShards(...args: (string | number)[]): Result<0 | 1, Context>;
    perchUseShards(...args: (string | number)[]): Result<null, Context>;
    perchDropStray(...args: (string | number)[]): Result<number, Context>;
  }
}

/** The Lua scripts about shards. Their keys are all in the home shard, but for those that close and open another. */
export const shardScripts = {
  // The shard of a workspace: the one written down, the first when the workspace was there before there were others,
  // else one of those that count, by the workspace's hash, which is written down unless somebody only looks.
  // -> {its number, 1 if it is settled, how many count}
  perchPlace: {
    numberOfKeys: 5,
    lua: `
local placements, installs, accessKey, count, epoch = unpack(KEYS)
local workspaceId, hash, mode = unpack(ARGV)
local number = tonumber(redis.call('GET', count) or '1')
local known = redis.call('HGET', placements, workspaceId)
if known and tonumber(known) < number then return {tonumber(known), 1, number} end
local shard = redis.call('EXISTS', installs, accessKey) > 0 and 0 or tonumber(hash) % number
if mode == 'look' then return {shard, 0, number} end
redis.call('HSET', placements, workspaceId, shard)
if shard > 0 then redis.call('INCR', epoch) end
return {shard, 1, number}`,
  },
  // An event that named no workspace leaves the home: it has been stored where its install is. -> 1 it did · 0
  perchDropStray: {
    numberOfKeys: 3,
    lua: `
redis.call('ZREM', KEYS[2], ':' .. ARGV[1])
redis.call('ZREM', KEYS[3], ARGV[1])
return redis.call('DEL', KEYS[1])`,
  },
  // How many shards there are, at least as many as the process that asks uses; of a fleet that never had more than one
  // nothing is written. The epoch rises, so that nobody takes back meanwhile what the process relies on.
  // -> {how many, the epoch}
  perchShards: {
    numberOfKeys: 2,
    lua: `
local known, count = tonumber(redis.call('GET', KEYS[1]) or '1'), tonumber(ARGV[1])
if known == 1 and count == 1 then return {1, 0} end
if count > known then redis.call('SET', KEYS[1], count) end
return {math.max(known, count), redis.call('INCR', KEYS[2])}`,
  },
  // A shard gets its mark if none of the keys that follow exists. -> 1 it has it · 0
  perchCloseShard: {
    numberOfKeys: 8,
    lua: `
for n = 2, #KEYS do
  if redis.call('EXISTS', KEYS[n]) == 1 then return 0 end
end
redis.call('SET', KEYS[1], math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1])))
return 1`,
  },
  // A mark made before this epoch goes. -> 1 it did · 0
  perchOpenShard: {
    numberOfKeys: 1,
    lua: `
local mark = redis.call('GET', KEYS[1])
if not mark or tonumber(mark) >= tonumber(ARGV[1]) then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
  // Workspaces settled in a shard from this one on, of some hashes of placements. -> {workspace, shard} for each
  perchPlacedBehind: {
    numberOfKeys: 1,
    lua: `
local from, count, first = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local found = {}
for beginning = from, from + count - 1 do
  local placed = redis.call('HGETALL', KEYS[1] .. string.format('%03x', beginning))
  for n = 1, #placed, 2 do
    if tonumber(placed[n + 1]) >= first then table.insert(found, {placed[n], placed[n + 1]}) end
  end
end
return found`,
  },
  // The number goes back, and the workspaces given are settled nowhere, unless something has changed since the epoch
  // given. -> 1 it did · 0
  perchTakeBackShards: {
    numberOfKeys: 2,
    lua: `
local number, epoch, count, placements = unpack(ARGV)
if redis.call('GET', KEYS[1]) ~= number or redis.call('GET', KEYS[2]) ~= epoch then return 0 end
if count == '1' then redis.call('DEL', KEYS[1]) else redis.call('SET', KEYS[1], count) end
for n = 5, #ARGV do redis.call('HDEL', placements .. string.sub(ARGV[n], 1, 3), ARGV[n]) end
return 1`,
  },
  // A process says that it runs, and with how many shards; what others said too long ago goes.
  perchUseShards: {
    numberOfKeys: 1,
    lua: `
local who, keptMs = unpack(ARGV)
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], nowMs, who)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', nowMs - tonumber(keptMs))
redis.call('PEXPIRE', KEYS[1], keptMs)`,
  },
} as const;
