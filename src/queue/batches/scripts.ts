import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { countLua, lookLua } from "./counts.ts";

/**
 * The Lua scripts of batches. The scripts read the states of rows from the installs instead of taking them as arguments,
 * so that processes that report one row concurrently or out of order cannot falsify a count.
 *
 * A row is stored in the shard of its install; rejected rows and the batch itself in the home shard. Other shards hold a
 * copy of what the gate reads (`version`, `cancelledAt`, `pausedAt`, `isCanary`).
 *
 * All keys of a batch start with the key of its hash:
 *
 * - `:rows:N`, hashes of a hundred rows each: row to `+id` (its own install) or `=id` (the install it joined)
 * - `:rejects`, hash: row to JSON
 * - `:groups`, hash: first row of a group to the group's digest
 * - `:joined`, hash: install of the batch to some of its rows that joined it
 * - `:canary`, set of rows
 * - `:newestFailures`, sorted set of the rows that failed last, scored by time
 * - `:codes`, set of the error codes that rows failed with, and `:failed:CODE` for each, a bitmap by row
 * - `:faults`, hash: fault of rejected rows (code, path and message as JSON; empty: all others) to its number, and `:fault:N`
 *   for each, a bitmap by row
 * - `:samples`, list of `ms:ended:failed:cancelled`; of earlier versions, `ms:ended`
 * - `:lines`, sorted set of lines of the input file, scored by row: see `input-file.ts`
 * - `:own`, hash: row that is attached to an install it differs from, to its own public input as JSON
 * - one bitmap by row for each of `countedBits`
 */

/**
 * Opens the batch of an import: an unfinished import of the same rows is continued, else a new batch is created with
 * `fields` (name, value, name, …). Answers the batch's id.
 */
export const openBatch = defineScript({
  name: "perchOpenBatch",
  keys: ["import", "batch", "open"],
  args: ["newId", "batchPrefix", "keptMs", "importKey"],
  moreArgs: "fields",
  answer: z.string(),
  lua: `
local known = redis.call('GET', import)
if known then
  local state = redis.call('HMGET', batchPrefix .. known, 'createdAt', 'rowCount', 'cancelledAt')
  if state[1] and not state[2] and not state[3] then
    redis.call('HSET', batchPrefix .. known, 'importKey', importKey)
    return known
  end
end
redis.call('HSET', batch, 'importKey', importKey)
for n = 1, #fields, 2 do redis.call('HSET', batch, fields[n], fields[n + 1]) end
redis.call('PEXPIRE', batch, keptMs)
redis.call('SET', import, newId, 'PX', keptMs)
redis.call('SADD', open, newId)
return newId`,
});

const flag = z.literal([0, 1]);

/**
 * Writes rows (with a record) or re-reads their installs (empty record), recounts the batch and applies what follows: it
 * finishes, halts, or ends its canary. An ended row reopens only in an unfinished batch or when it was retried.
 * `otherCounts` is a JSON array of the other shards' counts, taken at `version`; if the batch has changed since, nothing
 * is applied.
 *
 * Answers flags: finished by this call, installs must be moved, cancelled, installs wait for the canary, other shards
 * need a new copy. Or -1 and the number of shards, when the caller knows fewer, so that its counts are incomplete.
 */
export const recountBatch = defineScript({
  name: "perchTally",
  keys: ["batch", "open", "unnotified", "shardCount"],
  args: [
    "batchId",
    "nowMs",
    "keptMs",
    "jobPrefix",
    "isReopening",
    "group",
    "digest",
    "lastRow",
    "version",
    "shards",
    "otherCounts",
  ],
  moreArgs: "rows",
  answer: z.union([z.tuple([flag, flag, flag, flag, flag]), z.tuple([z.literal(-1), z.number()])]),
  lua: `${countLua}${lookLua}
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
local hasChanged = 0
local function change()
  hasChanged = 1
  redis.call('HINCRBY', batch, 'version', 1)
end
local function answer(hasFinished, mustMove)
  return {hasFinished, mustMove, b.cancelledAt and 1 or 0, b.isCanary and 1 or 0, hasChanged}
end

lookAtRows(batch, jobPrefix, keptMs, b.finishedAt and isReopening == '0', b.isCanary, rows)
if digest ~= '' then
  redis.call('HSET', batch .. ':groups', group, digest)
  redis.call('HSET', batch, 'rows', math.max(tonumber(b.rows or '0'), tonumber(lastRow)), 'readAt', nowMs)
  redis.call('PEXPIRE', batch .. ':groups', keptMs)
end
redis.call('PEXPIRE', batch .. ':samples', keptMs)
redis.call('PEXPIRE', batch, keptMs)

local counts = countShard(batch, b.isCanary)
for n, other in ipairs(cjson.decode(otherCounts)) do counts[n] = counts[n] + other end
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
  redis.call('LPUSH', samples, table.concat({nowMs, ended, failed, counts[7]}, ':'))
  redis.call('LTRIM', samples, 0, 12)
end
if b.rowCount and ended == total then
  redis.call('HSET', batch, 'finishedAt', nowMs)
  redis.call('HDEL', batch, 'isCanary')
  b.isCanary = false
  redis.call('SREM', open, batchId)
  redis.call('SADD', unnotified, batchId)
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
});

/**
 * Applies a decision to a batch: `pause`, `resume`, `cancel`, or `retry`, which revokes a completed cancel. After a
 * resume the halt rate is measured from the current counts; the arguments give those of the other shards. Unless
 * `isKept` is 0, the decision is stored with its requester. Answers `done`, or the state that forbids it.
 */
export const decideBatch = defineScript({
  name: "perchDecide",
  keys: ["batch"],
  args: ["decision", "nowMs", "otherCompleted", "otherFailed", "isKept", "decidedBy"],
  answer: z.enum(["done", "cancelled", "finished", "gone"]),
  lua: `${countLua}
local b = redis.call('HMGET', batch, 'createdAt', 'finishedAt', 'cancelledAt', 'pausedAt')
if not b[1] then return 'gone' end
local function keep()
  if isKept == '0' then return end
  redis.call('HSET', batch, 'decision', decision, 'decidedAt', nowMs, 'decidedBy', decidedBy)
  if decidedBy == '' then redis.call('HDEL', batch, 'decidedBy') end
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
  redis.call('HSET', batch, 'haltCompleted', counts[5] + tonumber(otherCompleted), 'haltFailed', counts[6] + tonumber(otherFailed))
  redis.call('HDEL', batch, 'isCanary')
else
  return 'done'
end
keep()
redis.call('HDEL', batch, 'pausedAt', 'pauseReason')
redis.call('HINCRBY', batch, 'decisions', 1)
redis.call('HINCRBY', batch, 'version', 1)
return 'done'`,
});
