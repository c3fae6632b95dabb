import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchAmend(...args: ScriptArgs): Result<number, Context>;
    perchFault(...args: ScriptArgs): Result<number, Context>;
    perchCancel(...args: ScriptArgs): Result<CancelAnswer, Context>;
    perchRetry(...args: ScriptArgs): Result<[RetryAnswer, string], Context>;
    perchUninstalling(...args: ScriptArgs): Result<[UninstallAnswer, string], Context>;
    perchUninstalled(...args: ScriptArgs): Result<number, Context>;
    perchNotUninstalled(...args: ScriptArgs): Result<number, Context>;
    perchChannelWebhooks(...args: ScriptArgs): Result<number, Context>;
    perchTold(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];
type CancelAnswer = "asked" | "ended" | "gone";
type RetryAnswer = "written" | "not_failed" | "uninstalling" | "other_owner";
type UninstallAnswer = "go" | "uninstalled" | "live" | "other_owner" | "gone";

/**
 * Lua: `isCurrent(job)` says whether an install stands for its number and connector: it is live, or completed, or its
 * connector is just being deleted. One that failed or was uninstalled gives both up.
 */
export const isCurrentLua = `
local function isCurrent(job)
  local ends = redis.call('HMGET', job, 'timestamp', 'uninstalledAt', 'finishedOn', 'returnvalue', 'uninstallingAt')
  if not ends[1] or ends[2] then return false end
  return not ends[3] or ends[4] ~= false or ends[5] ~= false
end`;

/** The Lua scripts that change a single install. */
export const installScripts = {
  // New data, only by the run that holds the lock, and no unbound data once the install is bound: a worker
  // frozen past its lock must not undo a bind, nor the one that took over from it, when the frozen one thaws
  // and binds. Of what repeats among its latest lines the timeline keeps the first and the latest, or a workspace that
  // is held for weeks would fill Redis with it. -> 1 written · 0 the lock is another's · 2 the install was bound meanwhile
  perchAmend: {
    numberOfKeys: 3,
    lua: `
local job, lock, logs = unpack(KEYS)
local token, data, entry, isBound, what = unpack(ARGV)
if redis.call('GET', lock) ~= token then return 0 end
if isBound == '0' and redis.call('HEXISTS', job, 'bound') == 1 then return 2 end
redis.call('HSET', job, 'data', data)
if entry == '' then return 1 end
local times, latest = 0, nil
local lines = redis.call('LRANGE', logs, -8, -1)
for n, line in ipairs(lines) do
  if string.find(line, what, 1, true) then times, latest = times + 1, n - #lines - 1 end
end
if times > 1 then redis.call('LSET', logs, latest, entry) else redis.call('RPUSH', logs, entry) end
return 1`,
  },
  // One more run was ended by a fault of Perch; only the run that holds the lock counts.
  // -> how many there were · 0 the lock is another's
  perchFault: {
    numberOfKeys: 3,
    lua: `
local job, lock, logs = unpack(KEYS)
local token, entry = unpack(ARGV)
if redis.call('GET', lock) ~= token then return 0 end
redis.call('RPUSH', logs, entry)
return redis.call('HINCRBY', job, 'faults', 1)`,
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
  // New data for an install that has failed, before BullMQ runs it again. If it has its connector it becomes that
  // connector's owner, unless another install that stands for it is.
  // -> {'written'} · {'not_failed'} · {'uninstalling'} · {'other_owner', install}
  perchRetry: {
    numberOfKeys: 4,
    lua: `${isCurrentLua}
local job, logs, failed, conn = unpack(KEYS)
local installId, data, priority, entry, isBound, jobKeyPrefix = unpack(ARGV)
if not redis.call('ZSCORE', failed, installId) then return {'not_failed', ''} end
if redis.call('HEXISTS', job, 'uninstallingAt') == 1 then return {'uninstalling', ''} end
if isBound == '1' then
  local owner = redis.call('HGET', conn, 'job')
  if owner and owner ~= installId and isCurrent(jobKeyPrefix .. owner) then return {'other_owner', owner} end
  redis.call('HSET', conn, 'job', installId)
  redis.call('PERSIST', conn)
else
  redis.call('HDEL', job, 'bound', 'uninstalledAt')
end
redis.call('HSET', job, 'data', data, 'priority', priority)
redis.call('HDEL', job, 'cancelAt', 'faults')
redis.call('RPUSH', logs, entry)
return {'written', ''}`,
  },
  // The install's connector is about to be deleted at Bird: from here on no event of it counts, and no install may
  // adopt it. Asked again before each try. -> {'go'} · {'uninstalled'} · {'live'} it has not ended · {'other_owner',
  // install} the connector is not its own · {'gone'}
  perchUninstalling: {
    numberOfKeys: 2,
    lua: `
local job, conn = unpack(KEYS)
local installId, nowMs, jobKeyPrefix, ttlMs = unpack(ARGV)
local known = redis.call('HMGET', job, 'timestamp', 'finishedOn', 'uninstalledAt')
if not known[1] then return {'gone', ''} end
if known[3] then return {'uninstalled', ''} end
if not known[2] then return {'live', ''} end
local owner = redis.call('HGET', conn, 'job')
if owner and owner ~= installId and redis.call('EXISTS', jobKeyPrefix .. owner) == 1 then return {'other_owner', owner} end
redis.call('HSET', job, 'uninstallingAt', nowMs)
redis.call('HSET', conn, 'job', installId)
if redis.call('PTTL', conn) < 0 then redis.call('PEXPIRE', conn, ttlMs) end
return {'go', ''}`,
  },
  // The connector was deleted at Bird: it is nobody's, also not of an install that has seen it in Bird's list just
  // before. An install that an event has woken meanwhile ends.
  // -> 1 written, or was so already · 0 the install is gone
  perchUninstalled: {
    numberOfKeys: 4,
    lua: `
local job, logs, conn, arrived = unpack(KEYS)
local installId, connectorId, at, nowMs, entry, ttlMs = unpack(ARGV)
if redis.call('HGET', conn, 'job') == installId then
  redis.call('HDEL', conn, 'job')
  redis.call('HSET', conn, 'uninstalledAt', at)
  redis.call('ZREM', arrived, connectorId)
  redis.call('PEXPIRE', conn, ttlMs)
end
if redis.call('EXISTS', job) == 0 then return 0 end
redis.call('HDEL', job, 'uninstallingAt')
if redis.call('HEXISTS', job, 'finishedOn') == 0 then redis.call('HSETNX', job, 'cancelAt', nowMs) end
if redis.call('HSETNX', job, 'uninstalledAt', at) == 1 then redis.call('RPUSH', logs, entry) end
return 1`,
  },
  // Bird refused to delete the connector: all is as before. -> 1 · 0 nothing was under way
  perchNotUninstalled: {
    numberOfKeys: 1,
    lua: `return redis.call('HDEL', KEYS[1], 'uninstallingAt')`,
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
} as const;
