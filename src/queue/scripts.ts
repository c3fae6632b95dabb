import type { Result } from "ioredis";
import { batchScripts } from "./batch-scripts.ts";
import { eraseScripts } from "./erase-scripts.ts";
import { gateScripts } from "./gate-scripts.ts";
import { insertIdLua } from "./id-leaves.ts";
import { idScripts } from "./id-scripts.ts";
import type { RedisClient } from "./redis-client.ts";
import { shardScripts } from "./shard-scripts.ts";
import { takeEventLua } from "./take-event.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchBind(...args: ScriptArgs): Result<[number, ...TakeAnswer], Context>;
    perchArrive(...args: ScriptArgs): Result<[ArriveResult, string, string], Context>;
    perchTake(...args: ScriptArgs): Result<TakeAnswer, Context>;
    perchSlipped(...args: ScriptArgs): Result<number, Context>;
    perchCancel(...args: ScriptArgs): Result<CancelAnswer, Context>;
    perchReclaim(...args: ScriptArgs): Result<string, Context>;
    perchRetry(...args: ScriptArgs): Result<number, Context>;
    perchChannelWebhooks(...args: ScriptArgs): Result<number, Context>;
    perchTold(...args: ScriptArgs): Result<number, Context>;
    perchUninstalled(...args: ScriptArgs): Result<number, Context>;
    perchAmend(...args: ScriptArgs): Result<number, Context>;
    perchExpire(...args: ScriptArgs): Result<number, Context>;
    perchClaim(
      ...args: ScriptArgs
    ): Result<["claimed" | "pending" | "current" | "grown", string, string], Context>;
    perchServer(...args: ScriptArgs): Result<[string, string, string], Context>;
    perchUnlock(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];
type CancelAnswer = "asked" | "ended" | "gone";
/** Channel or "", its status, "1" when that is usable; 1 when the install was cancelled; when the event arrived. */
export type TakeAnswer = [string, string, string, number, string];
export type ArriveResult = "stored" | "duplicate" | "conflict";

/**
 * The Lua scripts about single installs, their events and claims. All of Perch's scripts touch Perch's own keys, and
 * of BullMQ's only an install's own hash (`data`, `priority` and fields of ours: `bound`, `cancelAt`,
 * `uninstalledAt`, `channelWebhooks`), its log list and, to read, its lock.
 */
const scripts = {
  // Connector and install become known to each other, and "will not post again" true, in one instant, in which
  // an event that is here already is taken. A bound connector does not expire before its install has ended.
  // -> {0, what perchTake answers} bound · {1, connector} the install has another connector · {2, job} the
  // connector has another install that may still complete · {3} the install is gone; the rest is ''
  perchBind: {
    numberOfKeys: 7,
    lua: `${takeEventLua}
local conn, arrived, logs, claim, lock, job, unmatched = unpack(KEYS)
local connectorId, ttlMs, entry, installId, token, data, priority, conflictEntry, jobKeyPrefix = unpack(ARGV)
local known = redis.call('HMGET', conn, 'job', 'channel', 'status', 'usable', 'at')
local other = known[1]
if other and other ~= installId then
  local ended = redis.call('HMGET', jobKeyPrefix .. other, 'timestamp', 'finishedOn', 'returnvalue')
  local isFailed = not ended[1] or (ended[2] and not ended[3])
  if not isFailed then return {2, other, '', '', 0, ''} end
end
local install = redis.call('HMGET', job, 'timestamp', 'bound')
if not install[1] then return {3, '', '', '', 0, ''} end
if install[2] then
  local standing = cjson.decode(redis.call('HGET', job, 'data')).connectorId
  if standing ~= connectorId then
    redis.call('RPUSH', logs, conflictEntry)
    return {1, standing, '', '', 0, ''}
  end
else
  redis.call('HSET', job, 'bound', 1, 'data', data, 'priority', priority)
end
redis.call('HSET', conn, 'job', installId)
redis.call('PERSIST', conn)
local since = redis.call('ZSCORE', unmatched, connectorId)
if since then
  redis.call('ZREM', unmatched, connectorId)
  redis.call('ZADD', arrived, since, connectorId)
end
if not known[2] then return {0, '', '', '', 0, ''} end
return {0, unpack(takeEvent(known[2], known[3], known[4], known[5]))}`,
  },
  // An event is stored, the first channel wins, a usable status is never taken back.
  // -> {result, install to wake or '', channel that stands}
  perchArrive: {
    numberOfKeys: 4,
    lua: `
local conn, arrived, unmatched, channels = unpack(KEYS)
local connectorId, channelId, status, usable, nowMs, ttlMs, origin, keptMs = unpack(ARGV)
local known = redis.call('HMGET', conn, 'job', 'channel', 'status', 'usable')
local job, channel = known[1], known[2]
if channel and channel ~= channelId then
  redis.call('HSET', conn, 'otherChannel', channelId)
  return {'conflict', '', channel}
end
local news = not channel or (known[4] ~= '1' and (usable == '1' or known[3] ~= status))
if not news then
  if job and redis.call('ZSCORE', arrived, connectorId) then return {'duplicate', job, channel} end
  return {'duplicate', '', channel}
end
redis.call('HSET', conn, 'channel', channelId, 'status', status, 'usable', usable, 'at', nowMs)
redis.call('HSET', channels, channelId, connectorId)
redis.call('PEXPIRE', channels, keptMs)
if job then
  redis.call('ZADD', arrived, nowMs, connectorId)
else
  redis.call('HSET', conn, 'origin', origin)
  redis.call('PEXPIRE', conn, ttlMs)
  redis.call('ZADD', unmatched, nowMs, connectorId)
end
return {'stored', job or '', channelId}`,
  },
  // What the event said; it counts as consumed from here. -> {channel or '', status, usable, 1 if cancelled}
  perchTake: {
    numberOfKeys: 6,
    lua: `${takeEventLua}
local known = redis.call('HMGET', KEYS[1], 'channel', 'status', 'usable', 'at')
return takeEvent(known[1], known[2], known[3], known[4])`,
  },
  // The look after a park: is there an event nobody has taken, or was the install cancelled meanwhile? -> 0 · 1
  perchSlipped: {
    numberOfKeys: 2,
    lua: `
local arrived, job = unpack(KEYS)
if redis.call('ZSCORE', arrived, ARGV[1]) then return 1 end
return redis.call('HEXISTS', job, 'cancelAt')`,
  },
  // New data, only by the run that holds the lock, and no unbound data once the install is bound: a worker
  // frozen past its lock must not undo a bind, nor the one that took over from it, when the frozen one thaws
  // and binds. -> 1 written · 0 the lock is another's · 2 the install was bound meanwhile
  perchAmend: {
    numberOfKeys: 3,
    lua: `
local job, lock, logs = unpack(KEYS)
local token, data, entry, isBound = unpack(ARGV)
if redis.call('GET', lock) ~= token then return 0 end
if isBound == '0' and redis.call('HEXISTS', job, 'bound') == 1 then return 2 end
redis.call('HSET', job, 'data', data)
if entry ~= '' then redis.call('RPUSH', logs, entry) end
return 1`,
  },
  // Somebody wants the install to end. It comes to a run with the priority given, or with its own.
  // -> 'asked' · 'ended' · 'gone'
  perchCancel: {
    numberOfKeys: 2,
    lua: `
local job, logs = unpack(KEYS)
local nowMs, priority, entry = unpack(ARGV)
if redis.call('EXISTS', job) == 0 then return 'gone' end
if redis.call('HEXISTS', job, 'finishedOn') == 1 then return 'ended' end
if redis.call('HSETNX', job, 'cancelAt', nowMs) == 1 then
  if priority ~= '' then redis.call('HSET', job, 'priority', priority) end
  redis.call('RPUSH', logs, entry)
end
return 'asked'`,
  },
  // A number's claim goes back to an install that ended, unless another one stands for the number by now.
  // -> '' it is this install's · the other install's id
  perchReclaim: {
    numberOfKeys: 1,
    lua: `
local installId, jobKeyPrefix = unpack(ARGV)
local other = string.match(redis.call('GET', KEYS[1]) or '', '^%S+')
if other and other ~= installId then
  local ended = redis.call('HMGET', jobKeyPrefix .. other, 'finishedOn', 'returnvalue', 'uninstalledAt')
  local free = ended[1] and (not ended[2] or ended[3])
  if not free then return other end
end
redis.call('SET', KEYS[1], other and other ~= installId and installId .. ' ' .. other or installId)
return ''`,
  },
  // New data for an install that has failed, before BullMQ runs it again. -> 1 written · 0 it has not failed
  perchRetry: {
    numberOfKeys: 4,
    lua: `
local job, logs, failed, conn = unpack(KEYS)
local installId, data, priority, entry, isBound = unpack(ARGV)
if not redis.call('ZSCORE', failed, installId) then return 0 end
redis.call('HSET', job, 'data', data, 'priority', priority)
redis.call('HDEL', job, 'cancelAt')
if isBound == '1' then redis.call('PERSIST', conn)
else redis.call('HDEL', job, 'bound', 'uninstalledAt') end
redis.call('RPUSH', logs, entry)
return 1`,
  },
  // The connector was deleted at Bird. -> 1 written, or was so already · 0 the install is gone
  perchUninstalled: {
    numberOfKeys: 2,
    lua: `
local job, logs = unpack(KEYS)
local at, entry = unpack(ARGV)
if redis.call('EXISTS', job) == 0 then return 0 end
if redis.call('HSETNX', job, 'uninstalledAt', at) == 1 then redis.call('RPUSH', logs, entry) end
return 1`,
  },
  // What became of the channel's webhooks of a completed install, whose data nobody else writes any more.
  // -> 1 written · 0 the install is gone
  perchChannelWebhooks: {
    numberOfKeys: 2,
    lua: `
local job, logs = unpack(KEYS)
local state, data, entry = unpack(ARGV)
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HSET', job, 'channelWebhooks', state, 'data', data)
redis.call('RPUSH', logs, entry)
return 1`,
  },
  // An install leaves the outbox, unless it was put in again meanwhile. -> 1 · 0
  perchTold: {
    numberOfKeys: 1,
    lua: `
if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '-1') ~= tonumber(ARGV[2]) then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])`,
  },
  // What is kept for an install that has ended may expire; a claim only if it is still that install's.
  perchExpire: {
    numberOfKeys: 2,
    lua: `
local claim, conn = unpack(KEYS)
local installId, ttlMs = unpack(ARGV)
redis.call('PEXPIRE', conn, ttlMs)
if string.match(redis.call('GET', claim) or '', '^%S+') ~= installId then return 0 end
return redis.call('PEXPIRE', claim, ttlMs)`,
  },
  // Who stands for a number in a workspace. -> {'claimed', id} add a job of this id · {'pending', id} another
  // producer is about to: adding the same id is harmless · {'current', id} there is one already. The third is the
  // failed install whose number this was, or ''; it is kept with the claim for whoever adds the job. The last of the
  // lists is the batch's, or again the first one's, since an empty key has no place in a cluster. A process that
  // knows of one shard only must not claim any more once there are others: it cannot see who claimed there, and hears
  // {'grown', how many}
  perchClaim: {
    numberOfKeys: 6,
    lua: `${insertIdLua}
local claim, phones = KEYS[1], KEYS[2]
local newId, jobKeyPrefix, reinstall, phoneNumber, keptMs, oldestId, shardCount = unpack(ARGV)
if shardCount == '1' then
  local grown = redis.call('GET', KEYS[6])
  if grown then return {'grown', grown, ''} end
end
local function index(id)
  for n = 3, KEYS[5] == KEYS[3] and 4 or 5 do insertId(KEYS[n], id, keptMs, oldestId) end
  local ids = redis.call('HGET', phones, phoneNumber)
  if not ids or not string.find(ids, id, 1, true) then
    redis.call('HSET', phones, phoneNumber, ids and ids .. ' ' .. id or id)
    redis.call('PEXPIRE', phones, keptMs)
  end
end
local id, failed = string.match(redis.call('GET', claim) or '', '^(%S+) ?(%S*)$')
if id then
  local job = jobKeyPrefix .. id
  if redis.call('EXISTS', job) == 0 then
    index(id)
    return {'pending', id, failed}
  end
  local ended = redis.call('HMGET', job, 'finishedOn', 'returnvalue', 'uninstalledAt')
  local free = ended[1] and (not ended[2] or ended[3] or reinstall == '1')
  if not free then return {'current', id, ''} end
  failed = ended[2] and '' or id
end
redis.call('SET', claim, failed and failed ~= '' and newId .. ' ' .. failed or newId)
index(newId)
return {'claimed', newId, failed or ''}`,
  },
  // Ends a lock that is still the caller's. -> 1 it was
  perchUnlock: {
    numberOfKeys: 1,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
  // Which server holds the data, and when it may have forgotten something: see `restart-watch.ts`. INFO is asked in
  // here, so that in a cluster the node that holds the key answers for itself. Its uptime is in whole seconds, so a
  // start is taken to be as late as it can have been. With nothing written down no worker has ever been here, so
  // only what came with a backup may have been created, and no backup is restored within a second. Beats are in the
  // server's own time, because workers' clocks differ; a clock set back looks like a backup, which costs no more
  // than looks.
  // -> {when it may have forgotten, when a restored backup was noticed, the last beat}, Unix ms or '0'
  perchServer: {
    numberOfKeys: 1,
    lua: `
local nowMs, seenMs, forgivenMs = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local isDurable = ARGV[2] == '1'
local info = redis.call('INFO', 'server') .. redis.call('INFO', 'replication')
local runId = string.match(info, 'run_id:(%w+)')
local uptimeS = tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
local isPromoted = string.match(info, 'master_replid2:0+%s') == nil
local time = redis.call('TIME')
local serverMs = time[1] * 1000 + math.floor(time[2] / 1000)
local ageMs = math.max(0, serverMs - (time[1] - uptimeS + 1) * 1000)
local startMs = nowMs - ageMs
local known = redis.call('HMGET', KEYS[1], 'runId', 'forgotMs', 'restoredMs', 'aliveMs')
local forgotMs, restoredMs = tonumber(known[2] or '0'), tonumber(known[3] or '0')
local aliveMs = tonumber(known[4] or '0')
if aliveMs < seenMs - ((isPromoted or not isDurable) and forgivenMs or 0) then restoredMs = nowMs end
if known[1] ~= runId then
  if isPromoted then forgotMs = nowMs
  elseif not isDurable then forgotMs = math.max(forgotMs, startMs)
  elseif not known[1] then forgotMs = startMs - 1000 end
  if known[1] and serverMs - ageMs - aliveMs > forgivenMs then restoredMs = math.max(restoredMs, startMs) end
end
forgotMs = math.max(forgotMs, restoredMs)
local text = {}
for n, each in ipairs({forgotMs, restoredMs, serverMs}) do text[n] = string.format('%.0f', each) end
redis.call('HSET', KEYS[1], 'runId', runId, 'forgotMs', text[1], 'restoredMs', text[2], 'aliveMs', text[3])
return text`,
  },
} as const;

/** Teaches a connection Perch's scripts. Idempotent. */
export const defineScripts = (client: RedisClient): void => {
  for (const [name, definition] of Object.entries({
    ...scripts,
    ...gateScripts,
    ...idScripts,
    ...batchScripts,
    ...shardScripts,
    ...eraseScripts,
  })) {
    if (!(name in client)) client.defineCommand(name, definition);
  }
};
