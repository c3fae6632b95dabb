import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchBind(...args: ScriptArgs): Result<[number, ...TakeAnswer], Context>;
    perchArrive(...args: ScriptArgs): Result<[ArriveResult, string, string], Context>;
    perchTake(...args: ScriptArgs): Result<TakeAnswer, Context>;
    perchSlipped(...args: ScriptArgs): Result<number, Context>;
    perchExpire(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];
/** Channel or "", its status, "1" when that is usable; 1 when the install was cancelled; when the event arrived. */
export type TakeAnswer = [string, string, string, number, string];
export type ArriveResult = "stored" | "duplicate" | "conflict";

/**
 * Lua: `takeEvent(channel, status, usable, at)` consumes what is known of a connector, false where there is nothing.
 * It reads the keys and arguments that come first in the scripts that use it. Consuming twice is safe: a run
 * killed right after finds the event again. A run that has lost its lock only reads: it cannot complete the
 * install, so the event must stay for the sweep. A cancelled install takes nothing.
 */
const takeEventLua = `
local function takeEvent(channel, status, usable, at)
  local conn, arrived, logs, claim, lock, job = unpack(KEYS)
  local connectorId, ttlMs, entry, installId, token = unpack(ARGV)
  local isCancelled = redis.call('HEXISTS', job, 'cancelAt')
  local answer = {channel or '', status or '', usable or '', isCancelled, at or ''}
  if redis.call('GET', lock) ~= token then return answer end
  if isCancelled == 1 then
    redis.call('ZREM', arrived, connectorId)
    return answer
  end
  if not channel then return answer end
  if redis.call('ZREM', arrived, connectorId) == 1 then redis.call('RPUSH', logs, entry) end
  if usable == '1' then
    redis.call('PEXPIRE', conn, ttlMs)
    if string.match(redis.call('GET', claim) or '', '^%S+') == installId then redis.call('PEXPIRE', claim, ttlMs) end
  end
  return answer
end`;

/** The Lua scripts that join events to installs by connector id: see `matching.ts`. */
export const matchingScripts = {
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
} as const;
