import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { countLua, lookLua } from "./counts.ts";

/**
 * The Lua scripts of batches. Which states the rows of a batch are in is never passed in but read from the installs
 * themselves, so that two processes that report one row at once, or out of order, cannot make a count wrong.
 *
 * A row is in the shard of its install, a rejected one and all that is of the batch as a whole in the home. Other shards
 * know of the batch itself what the gate asks (`version`, `cancelledAt`, `pausedAt`, `isCanary`).
 *
 * All keys of a batch begin with that of its hash: `:rows:N` (hashes of a hundred rows each: row to `+id` for an
 * install of its own, `=id` for one it joined), `:rejects` (hash: row to JSON), `:groups` (hash: first row of a group
 * to its digest), `:joined` (hash: install of the batch to some of its rows that joined it), `:canary` (set of rows), `:newestFailures` (sorted set of the rows that failed last, by when), `:samples` (list of `ms:ended`)
 * and a bitmap by row for each of `countedBits`.
 */

/**
 * Opens the batch of an import: the one that was begun with the same rows and is not closed, or a new one with these
 * `fields`, a name, its value, the next name and so on. Answers its id.
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
 * Records rows (a record given) or looks at them again (none), and does what follows from the new counts: the end of
 * the batch, its halt, the end of its canary. A row that has ended opens again only in a batch that has not finished,
 * or when it was retried. `otherCounts` is what other shards counted, as a JSON array, with the version it was counted
 * at: when something was decided since, nothing follows.
 *
 * Answers flags: the batch finished just now, its installs have to be moved, it is cancelled, installs wait for its
 * canary, other shards have to be told. Or -1 and how many shards there are: the caller knows of fewer, so what it
 * counted is not all.
 */
export const tallyBatch = defineScript({
  name: "perchTally",
  keys: ["batch", "open", "untold", "shardCount"],
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
local isTold = 1
local function change()
  isTold = 0
  redis.call('HINCRBY', batch, 'version', 1)
end
local function answer(hasFinished, mustMove)
  return {hasFinished, mustMove, b.cancelledAt and 1 or 0, b.isCanary and 1 or 0, 1 - isTold}
end

lookAtRows(batch, jobPrefix, keptMs, b.finishedAt and isReopening == '0', b.isCanary, rows)
if digest ~= '' then
  redis.call('HSET', batch .. ':groups', group, digest)
  redis.call('HSET', batch, 'rows', math.max(tonumber(b.rows or '0'), tonumber(lastRow)), 'readAt', nowMs)
  redis.call('PEXPIRE', batch .. ':groups', keptMs)
end
redis.call('PEXPIRE', batch .. ':samples', keptMs)
redis.call('PEXPIRE', batch, keptMs)

local counts = countPart(batch)
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
});

/**
 * Decides about a batch: `pause`, `resume`, `cancel`, or `retry`, which takes back a cancel that was carried out. A
 * batch that halted is measured from its resume on; how many completed and failed in other shards is given. Unless
 * `isKept` is 0, the decision is kept with who made it. Answers `done`, or the state that forbids it.
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
