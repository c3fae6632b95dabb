/**
 * Sets of ids in two levels: `key` is a sorted set of leaves' names, and the leaf `name` a sorted set
 * `key:name` of the ids from its name on up to the next leaf's, all scores 0. An id in a set of more than 128
 * takes Redis about 130 bytes, in a set of up to 128, which it packs, about 35. The scripts that read and write
 * leaves are in `id-scripts.ts`: each does so in one instant, so that no reader meets a leaf half split.
 */

/** Most ids in a leaf: Redis's own `zset-max-listpack-entries` (`zset-max-ziplist-entries` before Redis 7). */
export const leafMax = 128;

/**
 * Lua: `leafName(key, id)`, the name of the leaf that holds `id` if any does; nil when the id is before all leaves.
 * Only Redis compares ids, never Lua, which would do so by the server's locale.
 */
export const leafNameLua = `
local function leafName(key, id)
  return redis.call('ZRANGE', key, '[' .. id, '-', 'BYLEX', 'REV', 'LIMIT', 0, 1)[1]
end`;

/**
 * Lua: `insertId(key, id, keptMs, oldestId)`. Ids come nearly in order, so a full leaf gives only its upper
 * quarter away, and an id between a full leaf and the next one joins the next, which is then named by it. A leaf
 * goes by its own time to live, which `perchRenewId` prolongs for what still lives. When a new one is made, names of
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
