import { z } from "zod";
import type { ErrorCode } from "../../install/error-catalogue.ts";
import { errorCodes } from "../../install/install-error.ts";
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

/** Codes a failed row can have; `cancelled` is a state of its own. */
const failureCodes = errorCodes.filter((code) => code !== "cancelled");

/** The key of a batch, behind its own, of the bitmap of rows that failed with a code. */
const failedWith = (code: ErrorCode): string => `:failed:${code}`;

/** Suffixes of a batch's keys about the codes of its failures. */
export const failureKeys = [":codes", ...failureCodes.map(failedWith)];

/** Number of rows answered as examples of a code. */
const examplesMax = 2;

/**
 * Counts the failed rows of a batch in one shard by their code, and answers code, count and the first rows as text for each.
 * Costs one BITCOUNT and a few lookups a code, whatever the size of the batch.
 */
export const countFailures = defineScript({
  name: "perchFailures",
  keys: ["batch"],
  answer: z.array(z.tuple([z.enum(errorCodes), z.number(), z.array(z.number())])),
  lua: `
local function nextRow(key, from)
  while from % 8 ~= 0 do
    if redis.call('GETBIT', key, from) == 1 then return from end
    from = from + 1
  end
  return redis.call('BITPOS', key, 1, from / 8)
end
local answer = {}
for _, code in ipairs(redis.call('SMEMBERS', batch .. ':codes')) do
  local key = batch .. ':failed:' .. code
  local count = redis.call('BITCOUNT', key)
  local rows, row = {}, -1
  for n = 1, math.min(count, ${examplesMax}) do
    row = nextRow(key, row + 1)
    rows[n] = row
  end
  if count > 0 then table.insert(answer, {code, count, rows}) end
end
return answer`,
});

/** Adds up what `countFailures` answered of each shard: the most frequent code first. */
export const sumFailures = (
  shards: readonly Awaited<ReturnType<typeof countFailures>>[],
): readonly { readonly code: ErrorCode; readonly count: number; readonly rows: readonly number[] }[] =>
  [...Map.groupBy(shards.flat(), ([code]) => code)]
    .map(([code, parts]) => ({
      code,
      count: parts.reduce((sum, [, count]) => sum + count, 0),
      rows: parts
        .flatMap(([, , rows]) => rows)
        .sort((a, b) => a - b)
        .slice(0, examplesMax),
    }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));

/** Length of `countShard`'s answer: one count for each of `countedBits`, the canary's size, and its ended rows. */
export const shardCounts = countedBits.length + 2;

/**
 * The code of a failure is what the reason of the failed job begins with; what BullMQ itself fails is `internal`.
 *
 * Lua, after `countLua`: `lookAtRows(batch, jobPrefix, keptMs, isClosed, isCanary, rows)`, with `rows` as row, record, row,
 * …, and `countShard(batch)`. In a closed batch an ended row does not reopen.
 */
export const lookLua = `
local isCode = {${failureCodes.map((code) => `${code} = true`).join(", ")}}
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
  local code = string.match(seen[4] or '', '^([a-z_]+):') or ''
  if code == 'cancelled' then return code, seen[2] end
  return 'failed', seen[2], isCode[code] and code or 'internal'
end
local function writeCode(batch, row, code)
  if code then redis.call('SADD', batch .. ':codes', code) end
  for _, each in ipairs(redis.call('SMEMBERS', batch .. ':codes')) do
    redis.call('SETBIT', batch .. ':failed:' .. each, row, each == code and 1 or 0)
  end
end
local function lookAtRows(batch, jobPrefix, keptMs, isClosed, isCanary, rows)
  local function look(row, record)
    local job = jobPrefix .. string.sub(record, 2, 27)
    local state, endMs, code = stateOf(job)
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
    if state == 'failed' or wasFailed == 1 then writeCode(batch, row, code) end
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
      writeCode(batch, row)
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
  for _, name in ipairs({'rejects', 'joined', 'canary', 'newestFailures', 'lines', 'own', 'codes'}) do redis.call('PEXPIRE', batch .. ':' .. name, keptMs) end
  for _, code in ipairs(redis.call('SMEMBERS', batch .. ':codes')) do redis.call('PEXPIRE', batch .. ':failed:' .. code, keptMs) end
end`;
