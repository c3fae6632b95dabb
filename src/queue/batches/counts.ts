import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

/** States of a row, each a bitmap by row number. Rows in none of them are `queued`. */
const rowStates = ["awaiting", "completed", "failed", "cancelled"] as const;

/** Bitmaps of a batch, in the order of the counts that scripts answer. */
export const countedBits = ["accepted", "attached", "rejected", ...rowStates] as const;

/** Number of latest failed rows kept in each shard. */
export const failuresMax = 20;

/** Lua: `count(batch)`, the bits of each of `countedBits` in one shard. */
export const countLua = `
local counted = {${countedBits.map((name) => `'${name}'`).join(", ")}}
local function count(batch)
  local counts = {}
  for n, name in ipairs(counted) do counts[n] = redis.call('BITCOUNT', batch .. ':' .. name) end
  return counts
end`;

/** Counts the rows of a batch in one shard: how many bits each of `countedBits` has. */
export const countBatch = defineScript({
  name: "perchCounts",
  keys: ["batch"],
  answer: z.array(z.number()),
  lua: `${countLua}
return count(batch)`,
});

/** Length of `countShard`'s answer: one count for each of `countedBits`, the canary's size, and its ended rows. */
export const shardCounts = countedBits.length + 2;

/**
 * Lua, after `countLua`: `lookAtRows(batch, jobPrefix, keptMs, isClosed, isCanary, rows)`, with `rows` as row, record, row,
 * …, and `countShard(batch)`. In a closed batch an ended row does not reopen.
 */
export const lookLua = `
local function hasEnded(batch, row)
  for n = 5, 7 do
    if redis.call('GETBIT', batch .. ':' .. counted[n], row) == 1 then return true end
  end
  return false
end
local function countShard(batch)
  local counts = count(batch)
  local canary, ended = redis.call('SMEMBERS', batch .. ':canary'), 0
  for _, row in ipairs(canary) do
    if hasEnded(batch, row) then ended = ended + 1 end
  end
  table.insert(counts, #canary)
  table.insert(counts, ended)
  return counts
end
local function stateOf(job)
  local seen = redis.call('HMGET', job, 'timestamp', 'finishedOn', 'returnvalue', 'failedReason', 'bound')
  if not seen[1] then return 'gone', 0 end
  if not seen[2] then return seen[5] and 'awaiting' or 'queued' end
  if seen[3] then return 'completed' end
  return string.sub(seen[4] or '', 1, 10) == 'cancelled:' and 'cancelled' or 'failed', seen[2]
end
local function lookAtRows(batch, jobPrefix, keptMs, isClosed, isCanary, rows)
  local function look(row, record)
    local job = jobPrefix .. string.sub(record, 2, 27)
    local state, endMs = stateOf(job)
    if state == 'gone' then
      if hasEnded(batch, row) then return end
      state = 'failed'
    end
    if isClosed and (state == 'awaiting' or state == 'queued') then return end
    local wasFailed = 0
    for n = 4, 7 do
      local was = redis.call('SETBIT', batch .. ':' .. counted[n], row, counted[n] == state and 1 or 0)
      if counted[n] == 'failed' then wasFailed = was end
    end
    if state == 'failed' then
      redis.call('ZADD', batch .. ':newestFailures', endMs, row)
      redis.call('ZREMRANGEBYRANK', batch .. ':newestFailures', 0, -${failuresMax + 1})
    elseif wasFailed == 1 then
      redis.call('ZREM', batch .. ':newestFailures', row)
    end
    if isCanary and string.find(redis.call('HGET', job, 'data') or '', '"canary":true', 1, true) then
      redis.call('SADD', batch .. ':canary', row)
    end
  end
  local function write(row, record)
    local kind = string.sub(record, 1, 1)
    local hash = batch .. ':rows:' .. math.floor(row / 100)
    for name, of in pairs({accepted = '+', attached = '=', rejected = '{'}) do
      redis.call('SETBIT', batch .. ':' .. name, row, kind == of and 1 or 0)
    end
    if kind == '{' then
      redis.call('HSET', batch .. ':rejects', row, record)
      redis.call('HDEL', hash, row)
      for n = 4, 7 do redis.call('SETBIT', batch .. ':' .. counted[n], row, 0) end
    else
      redis.call('HSET', hash, row, record)
      if kind == '=' then
        local id = string.sub(record, 2, 27)
        local joined = redis.call('HGET', batch .. ':joined', id)
        if not joined or #joined < 200 then
          redis.call('HSET', batch .. ':joined', id, joined and joined .. ' ' .. row or row)
        end
      end
      redis.call('PEXPIRE', hash, keptMs)
      redis.call('HDEL', batch .. ':rejects', row)
    end
  end
  for n = 1, #rows, 2 do
    local row, record = tonumber(rows[n]), rows[n + 1]
    if record ~= '' then write(row, record)
    else record = redis.call('HGET', batch .. ':rows:' .. math.floor(row / 100), row) end
    local kind = string.sub(record or '{', 1, 1)
    if kind ~= '{' then look(row, record) end
    if kind == '+' then
      local joined = redis.call('HGET', batch .. ':joined', string.sub(record, 2, 27)) or ''
      for each in string.gmatch(joined, '%d+') do
        local its = redis.call('HGET', batch .. ':rows:' .. math.floor(each / 100), each) or ''
        if string.sub(its, 1, 27) == '=' .. string.sub(record, 2, 27) then look(tonumber(each), its) end
      end
    end
  end
  for _, name in ipairs(counted) do redis.call('PEXPIRE', batch .. ':' .. name, keptMs) end
  for _, name in ipairs({'rejects', 'joined', 'canary', 'newestFailures', 'lines', 'own'}) do redis.call('PEXPIRE', batch .. ':' .. name, keptMs) end
end`;
