import type { Result } from "ioredis";
import { insertIdLua, leafNameLua } from "./id-leaves.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchIndex(...args: (string | number)[]): Result<null, Context>;
    perchRenewId(...args: (string | number)[]): Result<0 | 1, Context>;
    perchRenewLookup(...args: (string | number)[]): Result<null, Context>;
    perchForget(...args: (string | number)[]): Result<null, Context>;
    perchIds(...args: (string | number)[]): Result<string[], Context>;
    perchMembers(...args: (string | number)[]): Result<(0 | 1)[], Context>;
  }
}

/** The Lua scripts of sets of ids in leaves. See `id-leaves.ts`. */
export const idScripts = {
  // An id joins a set of ids.
  perchIndex: {
    numberOfKeys: 1,
    lua: `${insertIdLua}
insertId(KEYS[1], unpack(ARGV))`,
  },
  // An id that still lives stays in a set of ids, or joins it again. -> 1 renewed · 0 it has long to go
  perchRenewId: {
    numberOfKeys: 1,
    lua: `${insertIdLua}
local key, id, keptMs = KEYS[1], ARGV[1], tonumber(ARGV[2])
local name = leafName(key, id)
local leaf = name and key .. ':' .. name
local isIn = leaf and redis.call('ZSCORE', leaf, id)
if isIn and redis.call('PTTL', leaf) > keptMs / 2 and redis.call('PTTL', key) > keptMs / 2 then return 0 end
insertId(key, id, keptMs, '0')
return 1`,
  },
  // An install that still lives is found by its number in a window of time that is read.
  perchRenewLookup: {
    numberOfKeys: 1,
    lua: `
local phoneNumber, id, keptMs = unpack(ARGV)
local ids = redis.call('HGET', KEYS[1], phoneNumber)
if ids and string.find(ids, id, 1, true) then return end
redis.call('HSET', KEYS[1], phoneNumber, ids and ids .. ' ' .. id or id)
redis.call('PEXPIRE', KEYS[1], keptMs)`,
  },
  // Ids leave a set of ids, and a leaf its set once it has none.
  perchForget: {
    numberOfKeys: 1,
    lua: `${leafNameLua}
for _, id in ipairs(ARGV) do
  local name = leafName(KEYS[1], id)
  if name then
    redis.call('ZREM', KEYS[1] .. ':' .. name, id)
    if redis.call('EXISTS', KEYS[1] .. ':' .. name) == 0 then redis.call('ZREM', KEYS[1], name) end
  end
end`,
  },
  // Ids of a set from a bound of ZRANGE's BYLEX down. -> ids, newest first
  perchIds: {
    numberOfKeys: 1,
    lua: `
local key, from, limit = KEYS[1], ARGV[1], tonumber(ARGV[2])
local ids, bound = {}, from
while #ids < limit do
  local names = redis.call('ZRANGE', key, bound, '-', 'BYLEX', 'REV', 'LIMIT', 0, 8)
  if #names == 0 then return ids end
  for _, name in ipairs(names) do
    local some = redis.call('ZRANGE', key .. ':' .. name, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, limit - #ids)
    for _, id in ipairs(some) do table.insert(ids, id) end
    if #ids == limit then return ids end
  end
  bound = '(' .. names[#names]
end
return ids`,
  },
  // Which ids a set has. -> 1 · 0 for each
  perchMembers: {
    numberOfKeys: 1,
    lua: `${leafNameLua}
local has = {}
for at, id in ipairs(ARGV) do
  local name = leafName(KEYS[1], id)
  has[at] = name and redis.call('ZSCORE', KEYS[1] .. ':' .. name, id) and 1 or 0
end
return has`,
  },
} as const;
