import { z } from "zod";
import type { RedisClient } from "./client.ts";
import { defineScript } from "./script.ts";

/**
 * Sets of ids in two levels: `key` is a sorted set of leaves' names, and the leaf `name` a sorted set
 * `key:name` of the ids from its name on up to the next leaf's, all scores 0. An id in a set of more than 128
 * takes Redis about 130 bytes, in a set of up to 128, which it packs, about 35. Each script reads or writes leaves in
 * one instant, so that no reader meets a leaf half split.
 */

/** Most ids in a leaf: Redis's own `zset-max-listpack-entries` (`zset-max-ziplist-entries` before Redis 7). */
export const leafMax = 128;

/**
 * Lua: `leafName(key, id)`, the name of the leaf that holds `id` if any does; nil when the id is before all leaves.
 * Only Redis compares ids, never Lua, which would do so by the server's locale.
 */
const leafNameLua = `
local function leafName(key, id)
  return redis.call('ZRANGE', key, '[' .. id, '-', 'BYLEX', 'REV', 'LIMIT', 0, 1)[1]
end`;

/**
 * Lua: `insertId(key, id, keptMs, oldestId)`. Ids come nearly in order, so a full leaf gives only its upper
 * quarter away, and an id between a full leaf and the next one joins the next, which is then named by it. A leaf
 * has its own time to live, which `renewId` extends for live ids. When a new one is made, names of
 * gone leaves older than `oldestId` are dropped: of a hundred, anywhere among them, to be done soon.
 */
export const insertIdLua = `${leafNameLua}
local function insertId(key, id, keptMs, oldestId)
  local name = leafName(key, id)
  local leaf = key .. ':' .. (name or id)
  local isFull = name and redis.call('ZCARD', leaf) >= ${leafMax} and not redis.call('ZSCORE', leaf, id)
  local isNew = not name or isFull
  if isFull and #redis.call('ZRANGE', leaf, '(' .. id, '+', 'BYLEX', 'LIMIT', 0, 1) == 1 then
    local upper = redis.call('ZRANGE', leaf, ${(leafMax * 3) / 4}, -1)
    local entries = {}
    for _, each in ipairs(upper) do
      table.insert(entries, 0)
      table.insert(entries, each)
    end
    redis.call('ZREM', leaf, unpack(upper))
    redis.call('ZADD', key .. ':' .. upper[1], unpack(entries))
    redis.call('PEXPIRE', key .. ':' .. upper[1], keptMs)
    redis.call('ZADD', key, 0, upper[1])
    leaf = key .. ':' .. leafName(key, id)
  elseif isNew then
    leaf = key .. ':' .. id
    local following = redis.call('ZRANGE', key, '(' .. id, '+', 'BYLEX', 'LIMIT', 0, 1)[1]
    local size = following and redis.call('ZCARD', key .. ':' .. following) or ${leafMax}
    if size < ${leafMax} then
      redis.call('ZREM', key, following)
      if size > 0 then redis.call('RENAME', key .. ':' .. following, leaf) end
    end
    redis.call('ZADD', key, 0, id)
  end
  redis.call('ZADD', leaf, 0, id)
  redis.call('PEXPIRE', leaf, keptMs)
  redis.call('PEXPIRE', key, keptMs)
  if not isNew then return end
  local count = redis.call('ZLEXCOUNT', key, '-', '(' .. oldestId)
  local from = count > 100 and redis.call('TIME')[2] % (count - 99) or 0
  for _, each in ipairs(redis.call('ZRANGE', key, '-', '(' .. oldestId, 'BYLEX', 'LIMIT', from, 100)) do
    if redis.call('EXISTS', key .. ':' .. each) == 0 then redis.call('ZREM', key, each) end
  end
end`;

/**
 * Lua: `insertIds(key, ids, keptMs, oldestId)`, for ids in ascending order: as many as fit into the last leaf are added to
 * it at once.
 */
export const insertIdsLua = `${insertIdLua}
local function insertIds(key, ids, keptMs, oldestId)
  local n = 1
  while n <= #ids do
    local name = n < #ids and leafName(key, ids[n])
    local isLast = name and redis.call('ZRANGE', key, -1, -1)[1] == name
    local room = isLast and ${leafMax} - redis.call('ZCARD', key .. ':' .. name) or 0
    if room < 1 then
      insertId(key, ids[n], keptMs, oldestId)
      n = n + 1
    else
      local entries = {}
      for at = n, math.min(#ids, n + room - 1) do
        table.insert(entries, 0)
        table.insert(entries, ids[at])
      end
      redis.call('ZADD', key .. ':' .. name, unpack(entries))
      redis.call('PEXPIRE', key .. ':' .. name, keptMs)
      redis.call('PEXPIRE', key, keptMs)
      n = n + #entries / 2
    end
  end
end`;

/** Adds an id to a set. */
export const indexId = defineScript({
  name: "perchIndex",
  keys: ["set"],
  args: ["id", "keptMs", "oldestId"],
  answer: z.null(),
  lua: `${insertIdLua}
insertId(set, id, keptMs, oldestId)`,
});

/** Keeps an id that still lives in a set, or adds it again. Answers 1, or 0 when it has long to go. */
export const renewId = defineScript({
  name: "perchRenewId",
  keys: ["set"],
  args: ["id", "keptMs"],
  answer: z.literal([0, 1]),
  lua: `${insertIdLua}
keptMs = tonumber(keptMs)
local name = leafName(set, id)
local leaf = name and set .. ':' .. name
local isIn = leaf and redis.call('ZSCORE', leaf, id)
if isIn and redis.call('PTTL', leaf) > keptMs / 2 and redis.call('PTTL', set) > keptMs / 2 then return 0 end
insertId(set, id, keptMs, '0')
return 1`,
});

/** Removes ids from a set, and each leaf that has none left. */
export const forgetIds = defineScript({
  name: "perchForget",
  keys: ["set"],
  moreArgs: "ids",
  answer: z.null(),
  lua: `${leafNameLua}
for _, id in ipairs(ids) do
  local name = leafName(set, id)
  if name then
    redis.call('ZREM', set .. ':' .. name, id)
    if redis.call('EXISTS', set .. ':' .. name) == 0 then redis.call('ZREM', set, name) end
  end
end`,
});

/** Reads `limit` ids of a set at most, newest first. `from` is a bound of ZRANGE's BYLEX: `+`, or `(` and an id. */
export const readIds = defineScript({
  name: "perchIds",
  keys: ["set"],
  args: ["from", "limit"],
  answer: z.array(z.string()),
  lua: `
limit = tonumber(limit)
local ids, bound = {}, from
while #ids < limit do
  local names = redis.call('ZRANGE', set, bound, '-', 'BYLEX', 'REV', 'LIMIT', 0, 8)
  if #names == 0 then return ids end
  for _, name in ipairs(names) do
    local some = redis.call('ZRANGE', set .. ':' .. name, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, limit - #ids)
    for _, id in ipairs(some) do table.insert(ids, id) end
    if #ids == limit then return ids end
  end
  bound = '(' .. names[#names]
end
return ids`,
});

/**
 * Counts the ids of a set from `from` on and before `to`. Takes Redis time by the leaves between them, about a µs for
 * each hundred ids.
 */
export const countIdsWithin = defineScript({
  name: "perchCountIds",
  keys: ["set"],
  args: ["from", "to"],
  answer: z.number(),
  lua: `${leafNameLua}
local count = 0
local first = leafName(set, from)
if first then count = redis.call('ZLEXCOUNT', set .. ':' .. first, '[' .. from, '(' .. to) end
local names = redis.call('ZRANGE', set, '(' .. (first or from), '(' .. to, 'BYLEX')
for at = 1, #names - 1 do count = count + redis.call('ZCARD', set .. ':' .. names[at]) end
if #names > 0 then count = count + redis.call('ZLEXCOUNT', set .. ':' .. names[#names], '-', '(' .. to) end
return count`,
});

/** Answers for each id 1 when the set has it, else 0. */
export const hasIds = defineScript({
  name: "perchMembers",
  keys: ["set"],
  moreArgs: "ids",
  answer: z.array(z.literal([0, 1])),
  lua: `${leafNameLua}
local has = {}
for at, id in ipairs(ids) do
  local name = leafName(set, id)
  has[at] = name and redis.call('ZSCORE', set .. ':' .. name, id) and 1 or 0
end
return has`,
});

/** Sizes asked for at a time, so that the answers of a set of a million ids are no burst. */
const groupSize = 1000;

/** How many ids a set of leaves holds: see `id-set.ts`. Ids that come meanwhile may be missed. */
export const countIds = async (client: RedisClient, key: string): Promise<number> => {
  const names = await client.zrange(key, "0", "-1");
  let count = 0;
  for (let first = 0; first < names.length; first += groupSize) {
    const group = names.slice(first, first + groupSize);
    const sizes = await Promise.all(group.map((name) => client.zcard(`${key}:${name}`)));
    count += sizes.reduce((sum, size) => sum + size, 0);
  }
  return count;
};
