import type { Result } from "ioredis";
import { countLua, lookLua, partCounts } from "./batch-counts.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchOpenBatch(...args: (string | number)[]): Result<string, Context>;
    perchTally(...args: (string | number)[]): Result<number[], Context>;
    perchPart(...args: (string | number)[]): Result<number[], Context>;
    perchMirror(...args: (string | number)[]): Result<0 | 1, Context>;
    perchRenewBatch(...args: (string | number)[]): Result<null, Context>;
    perchCounts(...args: (string | number)[]): Result<number[], Context>;
    perchDecide(...args: (string | number)[]): Result<"done" | "cancelled" | "finished" | "gone", Context>;
  }
}

/**
 * The Lua scripts of batches. Which states the rows of a batch are in is never passed in but read from the installs
 * themselves, so that two who say something of one row at once, or out of order, cannot make a count wrong.
 *
 * A row is in the shard of its install, a rejected one and all that is of the batch as a whole in the home. Other shards
 * know of the batch itself what the gate asks (`version`, `cancelledAt`, `pausedAt`, `isCanary`).
 *
 * All keys of a batch begin with that of its hash: `:rows:N` (hashes of a hundred rows each: row to `+id` for an
 * install of its own, `=id` for one it joined), `:rejects` (hash: row to JSON), `:groups` (hash: first row of a group
 * to its digest), `:joined` (hash: install of the batch to some of its rows that joined it), `:canary` (set of rows), `:newestFailures` (sorted set of the rows that failed last, by when), `:samples` (list of `ms:ended`)
 * and a bitmap by row for each of `countedBits`.
 */
export const batchScripts = {
  // The batch an import goes on with: the one that was begun with the same rows and is not closed, or a new one.
  // -> its id
  perchOpenBatch: {
    numberOfKeys: 3,
    lua: `
local import, batch, open = unpack(KEYS)
local newId, batchPrefix, keptMs = unpack(ARGV)
local known = redis.call('GET', import)
if known then
  local state = redis.call('HMGET', batchPrefix .. known, 'createdAt', 'rowCount', 'cancelledAt')
  if state[1] and not state[2] and not state[3] then return known end
end
for n = 4, #ARGV, 2 do redis.call('HSET', batch, ARGV[n], ARGV[n + 1]) end
redis.call('PEXPIRE', batch, keptMs)
redis.call('SET', import, newId, 'PX', keptMs)
redis.call('SADD', open, newId)
return newId`,
  },
  // Rows are recorded (a record given) or looked at again (none), and what follows from the new counts: the end of
  // the batch, its halt, the end of its canary. A row that has ended opens again only in a batch that has not
  // finished, or when somebody retried it. What was counted in other shards is given, with the version it was counted
  // at: when something was decided since, nothing follows. -> {1 if it finished just now, 1 if its installs have to be
  // moved, 1 if it is cancelled, 1 if installs wait for its canary, 1 if other shards have to be told}, or {-1, how
  // many shards there are}: the process that asks knows of fewer, so what it counted is not all
  perchTally: {
    numberOfKeys: 4,
    lua: `${countLua}${lookLua}
local batch, open, untold, shardCount = unpack(KEYS)
local batchId, nowMs, keptMs, jobPrefix, isReopening, group, digest, lastRow, version, shards = unpack(ARGV)
local firstRow = ${11 + partCounts}
local number = tonumber(redis.call('GET', shardCount) or '1')
if number > tonumber(shards) then return {-1, number} end
local at = tonumber(nowMs)
local fields = {'createdAt', 'rowCount', 'finishedAt', 'cancelledAt', 'pausedAt', 'isCanary', 'canary', 'haltAt', 'haltCompleted', 'haltFailed', 'rows', 'version'}
local known = redis.call('HMGET', batch, unpack(fields))
local b = {}
for n, field in ipairs(fields) do b[field] = known[n] end
if not b.createdAt then
  redis.call('SREM', open, batchId)
  return {0, 0, 0, 0, 0}
end
local isTold = 1
local function change()
  isTold = 0
  redis.call('HINCRBY', batch, 'version', 1)
end
local function answer(hasFinished, mustMove)
  return {hasFinished, mustMove, b.cancelledAt and 1 or 0, b.isCanary and 1 or 0, 1 - isTold}
end

lookAtRows(batch, jobPrefix, keptMs, b.finishedAt and isReopening == '0', b.isCanary, firstRow)
if digest ~= '' then
  redis.call('HSET', batch .. ':groups', group, digest)
  redis.call('HSET', batch, 'rows', math.max(tonumber(b.rows or '0'), tonumber(lastRow)), 'readAt', nowMs)
  redis.call('PEXPIRE', batch .. ':groups', keptMs)
end
redis.call('PEXPIRE', batch .. ':samples', keptMs)
redis.call('PEXPIRE', batch, keptMs)

local counts = countPart(batch)
for n = 1, ${partCounts} do counts[n] = counts[n] + tonumber(ARGV[10 + n]) end
local total, completed, failed, canarySize, canaryEnded = counts[1] + counts[2], counts[5], counts[6], counts[8], counts[9]
local ended = completed + failed + counts[7]
if b.finishedAt and isReopening == '1' and ended < total then
  redis.call('HDEL', batch, 'finishedAt', 'cancelledAt')
  redis.call('HINCRBY', batch, 'restarts', 1)
  redis.call('SADD', open, batchId)
  b.finishedAt, b.cancelledAt = false, false
  change()
end
if b.finishedAt or (version ~= '' and version ~= (b.version or '0')) then return answer(0, 0) end

local samples = batch .. ':samples'
local latest = redis.call('LINDEX', samples, 0)
if not latest or at - tonumber(string.match(latest, '%d+')) >= 5000 then
  redis.call('LPUSH', samples, nowMs .. ':' .. ended)
  redis.call('LTRIM', samples, 0, 12)
end
if b.rowCount and ended == total then
  redis.call('HSET', batch, 'finishedAt', nowMs)
  redis.call('HDEL', batch, 'isCanary')
  b.isCanary = false
  redis.call('SREM', open, batchId)
  redis.call('SADD', untold, batchId)
  change()
  return answer(1, 0)
end
if b.cancelledAt or b.pausedAt then return answer(0, 0) end
completed = completed - tonumber(b.haltCompleted or '0')
failed = failed - tonumber(b.haltFailed or '0')
local isCanaryOver = false
if b.isCanary then
  isCanaryOver = (canarySize >= tonumber(b.canary) or b.rowCount) and canaryEnded == canarySize
  if not isCanaryOver then return answer(0, 0) end
end
if b.haltAt and completed + failed >= (isCanaryOver and 1 or 10) then
  local percent = 100 * failed / (completed + failed)
  if percent > tonumber(b.haltAt) then
    local why = string.format('%d of %d installs that ended have failed, more than %s %%', failed, completed + failed, b.haltAt)
    redis.call('HSET', batch, 'pausedAt', nowMs, 'pauseReason', why)
    change()
    return answer(0, 0)
  end
end
if not isCanaryOver then return answer(0, 0) end
redis.call('HDEL', batch, 'isCanary')
b.isCanary = false
redis.call('HINCRBY', batch, 'decisions', 1)
change()
return answer(0, 1)`,
  },
  // The same for the rows whose installs are in a shard other than the batch's own; what follows is perchTally's.
  // -> what countPart answers
  perchPart: {
    numberOfKeys: 1,
    lua: `${countLua}${lookLua}
local jobPrefix, keptMs, isClosed, isCanary = unpack(ARGV)
lookAtRows(KEYS[1], jobPrefix, keptMs, isClosed == '1', isCanary == '1', 5)
return countPart(KEYS[1])`,
  },
  // What the gate asks of a batch, told to another shard, unless that knows of something later. -> 1 · 0
  perchMirror: {
    numberOfKeys: 1,
    lua: `
local batch, version, keptMs = KEYS[1], ARGV[1], ARGV[2]
if tonumber(redis.call('HGET', batch, 'version') or '-1') > tonumber(version) then return 0 end
redis.call('HSET', batch, 'version', version)
for n = 3, #ARGV, 2 do
  if ARGV[n + 1] == '' then redis.call('HDEL', batch, ARGV[n])
  else redis.call('HSET', batch, ARGV[n], ARGV[n + 1]) end
end
redis.call('PEXPIRE', batch, keptMs)
return 1`,
  },
  // What an open batch has in a shard lives on: the keys named, and the hashes of rows from one number to another.
  perchRenewBatch: {
    numberOfKeys: 1,
    lua: `
local batch, keptMs, first, last = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
for n = first, last do redis.call('PEXPIRE', batch .. ':rows:' .. string.format('%.0f', n), keptMs) end
for n = 4, #ARGV do redis.call('PEXPIRE', batch .. ARGV[n], keptMs) end`,
  },
  // -> how many bits each of `countedBits` has
  perchCounts: {
    numberOfKeys: 1,
    lua: `${countLua}
return count(KEYS[1])`,
  },
  // What people decide about a batch: 'pause', 'resume', 'cancel', or 'retry', which takes back a cancel that was
  // carried out. A batch that halted is measured anew from its resume on; how many completed and failed in other shards
  // is given, and 1 with who decides if that is to be kept. -> 'done', or the state that forbids it
  perchDecide: {
    numberOfKeys: 1,
    lua: `${countLua}
local batch, decision, nowMs = KEYS[1], ARGV[1], ARGV[2]
local b = redis.call('HMGET', batch, 'createdAt', 'finishedAt', 'cancelledAt', 'pausedAt')
if not b[1] then return 'gone' end
local function keep()
  if ARGV[5] == '0' then return end
  redis.call('HSET', batch, 'decision', decision, 'decidedAt', nowMs, 'decidedBy', ARGV[6])
  if ARGV[6] == '' then redis.call('HDEL', batch, 'decidedBy') end
end
if decision == 'retry' then
  if b[3] and not b[2] then return 'cancelled' end
  keep()
  redis.call('HDEL', batch, 'cancelledAt')
  redis.call('HINCRBY', batch, 'version', 1)
  return 'done'
end
if b[3] then return decision == 'cancel' and 'done' or 'cancelled' end
if b[2] then return 'finished' end
if decision == 'pause' then
  if redis.call('HSETNX', batch, 'pausedAt', nowMs) == 1 then keep() end
  redis.call('HINCRBY', batch, 'version', 1)
  return 'done'
end
if decision == 'cancel' then
  redis.call('HSET', batch, 'cancelledAt', nowMs)
elseif b[4] then
  local counts = count(batch)
  redis.call('HSET', batch, 'haltCompleted', counts[5] + tonumber(ARGV[3]), 'haltFailed', counts[6] + tonumber(ARGV[4]))
  redis.call('HDEL', batch, 'isCanary')
else
  return 'done'
end
keep()
redis.call('HDEL', batch, 'pausedAt', 'pauseReason')
redis.call('HINCRBY', batch, 'decisions', 1)
redis.call('HINCRBY', batch, 'version', 1)
return 'done'`,
  },
} as const;
