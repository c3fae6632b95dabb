import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchBind(...args: ScriptArgs): Result<[number, ...TakeAnswer], Context>;
    perchArrive(...args: ScriptArgs): Result<[ArriveResult, string, string], Context>;
    perchTake(...args: ScriptArgs): Result<TakeAnswer, Context>;
    perchSlipped(...args: ScriptArgs): Result<number, Context>;
    perchExpire(...args: ScriptArgs): Result<number, Context>;
    perchMayHeal(...args: ScriptArgs): Result<"yes" | "cancelled" | "not_owner", Context>;
    perchStrand(...args: ScriptArgs): Result<number, Context>;
    perchLeaveUnused(...args: ScriptArgs): Result<0 | 1, Context>;
  }
}

type ScriptArgs = (string | number)[];
/**
 * Channel or "", its status, "1" when that is usable; 1 when the install was cancelled; when the event arrived; the
 * install that owns the connector.
 */
export type TakeAnswer = [string, string, string, number, string, string];
export type ArriveResult = "stored" | "duplicate" | "conflict";

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

/**
 * Lua: `holderOf(installId, connectorId)` answers the workspace of the install if it holds the connector, so that the
 * connector's events are its own: the connector is bound to it, is not deleted, and is not being deleted.
 */
const holderLua = `
local function holderOf(jobKeyPrefix, installId, connectorId)
  if not installId then return false end
  local job = redis.call('HMGET', jobKeyPrefix .. installId, 'data', 'uninstallingAt', 'uninstalledAt')
  if not job[1] or job[2] or job[3] then return false end
  local isReadable, data = pcall(cjson.decode, job[1])
  if not isReadable or type(data.connectorId) ~= 'string' then return false end
  if string.lower(data.connectorId) ~= connectorId then return false end
  return string.lower(data.request.workspaceId)
end`;

/** Lua: `tellUnused(logs, entry, channel)` says on the install's timeline that an event came which it did not use. */
const tellUnusedLua = `
local function tellUnused(logs, entry, channel)
  local line = cjson.decode(entry)
  line.what, line.channelId = 'event from Bird after the end', channel
  redis.call('RPUSH', logs, cjson.encode(line))
end`;

/**
 * Lua: `takeEvent(channel, status, usable, at)` consumes what is known of a connector, false where there is nothing.
 * It reads the keys and arguments that come first in the scripts that use it. Consuming twice is safe: a run
 * killed right after finds the event again. A run that has lost its lock only reads: it cannot complete the
 * install, so the event must stay for the sweep. A cancelled install takes nothing but notes the event, and one
 * whose connector is another's or is being deleted takes nothing.
 */
const takeEventLua = `${tellUnusedLua}
local function takeEvent(channel, status, usable, at)
  local conn, arrived, logs, claim, lock, job = unpack(KEYS)
  local connectorId, ttlMs, entry, installId, token = unpack(ARGV)
  local ends = redis.call('HMGET', job, 'cancelAt', 'uninstallingAt', 'uninstalledAt')
  local isCancelled = (ends[1] or ends[2] or ends[3]) and 1 or 0
  local owner = redis.call('HGET', conn, 'job') or installId
  if owner ~= installId then return {'', '', '', isCancelled, '', owner} end
  local answer = {channel or '', status or '', usable or '', isCancelled, at or '', owner}
  if redis.call('GET', lock) ~= token then return answer end
  if isCancelled == 1 then
    if redis.call('ZREM', arrived, connectorId) == 1 and channel then tellUnused(logs, entry, channel) end
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

/** A shard keeps the events of so many workspaces that have as many as one may. */
const workspacesOfEventsMax = 10;

/**
 * Lua: keeps an event that no install of its workspace has. A workspace with more than its share loses its oldest, and
 * only a full shard the oldest of all.
 */
const keepEventLua = `
local function keepEvent(keys, kept)
  redis.call('HSET', keys.event, 'channel', kept.channel, 'status', kept.status, 'usable', kept.usable, 'at', kept.at)
  if kept.origin ~= '' then redis.call('HSET', keys.event, 'origin', kept.origin) end
  if kept.conflict ~= '' then redis.call('HSET', keys.event, 'conflict', kept.conflict) end
  redis.call('PEXPIRE', keys.event, kept.ttlMs)
  redis.call('ZADD', keys.unmatched, kept.at, kept.workspaceId .. ':' .. kept.slot)
  redis.call('ZADD', keys.ofWorkspace, kept.at, kept.slot)
  redis.call('PEXPIRE', keys.ofWorkspace, kept.ttlMs)
  local eventKeyPrefix = string.sub(keys.event, 1, #keys.event - #kept.slot - #kept.workspaceId - 1)
  local ofWorkspacePrefix = string.sub(keys.ofWorkspace, 1, #keys.ofWorkspace - #kept.workspaceId)
  local function drop(workspaceId, slot)
    redis.call('DEL', eventKeyPrefix .. workspaceId .. ':' .. slot)
    redis.call('ZREM', keys.unmatched, workspaceId .. ':' .. slot)
    redis.call('ZREM', ofWorkspacePrefix .. workspaceId, slot)
    redis.call('HINCRBY', keys.dropped, 'unmatched', 1)
    redis.call('PEXPIRE', keys.dropped, kept.ttlMs)
  end
  local over = redis.call('ZCARD', keys.ofWorkspace) - tonumber(kept.most)
  if over > 0 then
    for _, slot in ipairs(redis.call('ZRANGE', keys.ofWorkspace, 0, over - 1)) do drop(kept.workspaceId, slot) end
  end
  local overAll = redis.call('ZCARD', keys.unmatched) - ${workspacesOfEventsMax} * tonumber(kept.most)
  if overAll <= 0 then return end
  for _, member in ipairs(redis.call('ZRANGE', keys.unmatched, 0, overAll - 1)) do
    local colon = string.find(member, ':', 1, true)
    if colon then drop(string.sub(member, 1, colon - 1), string.sub(member, colon + 1))
    else redis.call('ZREM', keys.unmatched, member) end
  end
end`;

/** The Lua scripts that join events to installs by connector id: see `matching.ts`. */
export const matchingScripts = {
  // Connector and install become known to each other, and "will not post again" true, in one instant, in which
  // an event that is here already is taken: one of the install's own workspace, or one that named none. A bound
  // connector does not expire before its install has ended.
  // -> {0, what perchTake answers} bound · {1, connector} the install has another connector · {2, job} the
  // connector has another install that may still complete · {3} the install is gone · {4} the connector was deleted
  // at Bird through Perch; the rest is ''
  perchBind: {
    numberOfKeys: 11,
    lua: `${takeEventLua}${isCurrentLua}
local conn, arrived, logs, claim, lock, job, unmatched = unpack(KEYS)
local connectorId, ttlMs, entry, installId, token, data, priority, conflictEntry, jobKeyPrefix, workspaceId = unpack(ARGV)
local known = redis.call('HMGET', conn, 'job', 'channel', 'status', 'usable', 'at', 'uninstalledAt')
if known[6] then return {4, '', '', '', 0, '', ''} end
local other = known[1]
if other and other ~= installId and isCurrent(jobKeyPrefix .. other) then return {2, other, '', '', 0, '', ''} end
local install = redis.call('HMGET', job, 'timestamp', 'bound')
if not install[1] then return {3, '', '', '', 0, '', ''} end
if install[2] then
  local standing = cjson.decode(redis.call('HGET', job, 'data')).connectorId
  if string.lower(standing) ~= connectorId then
    redis.call('RPUSH', logs, conflictEntry)
    return {1, standing, '', '', 0, '', ''}
  end
else
  redis.call('HSET', job, 'bound', 1, 'data', data, 'priority', priority)
end
redis.call('HSET', conn, 'job', installId)
redis.call('PERSIST', conn)
for n, workspace in ipairs({workspaceId, ''}) do
  local event, ofWorkspace = KEYS[6 + 2 * n], KEYS[7 + 2 * n]
  local early = redis.call('HMGET', event, 'channel', 'status', 'usable', 'at', 'conflict')
  if early[1] and not early[5] then
    if not known[2] then
      for field = 1, 4 do known[field + 1] = early[field] end
      redis.call('HSET', conn, 'channel', early[1], 'status', early[2], 'usable', early[3], 'at', early[4])
      redis.call('ZADD', arrived, early[4], connectorId)
    elseif string.lower(known[2]) ~= string.lower(early[1]) then
      redis.call('HSET', conn, 'otherChannel', early[1])
    end
    redis.call('DEL', event)
    redis.call('ZREM', unmatched, workspace .. ':' .. connectorId)
    redis.call('ZREM', ofWorkspace, connectorId)
  end
end
if not known[2] then return {0, '', '', '', 0, '', installId} end
return {0, unpack(takeEvent(known[2], known[3], known[4], known[5]))}`,
  },
  // An event is stored: with its connector if an install of its workspace holds that, else by itself. The first
  // channel wins, a usable status is never taken back. -> {result, install to wake or '', channel that stands}
  perchArrive: {
    numberOfKeys: 7,
    lua: `${holderLua}${keepEventLua}
local conn, arrived, channels, event, unmatched, ofWorkspace, dropped = unpack(KEYS)
local connectorId, channelId, status, usable, nowMs, ttlMs, keptMs, workspaceId, slot, conflict = unpack(ARGV)
local origin, blankOrigin, jobKeyPrefix, most = unpack(ARGV, 11)
local function newsOf(known)
  if known[1] and string.lower(known[1]) ~= string.lower(channelId) then return 'conflict' end
  return not known[1] or (known[3] ~= '1' and (usable == '1' or known[2] ~= status))
end
local known = redis.call('HMGET', conn, 'job', 'erased', 'uninstalledAt')
local job = known[1]
local holder = conflict == '' and holderOf(jobKeyPrefix, job, connectorId)
if holder and (workspaceId == '' or holder == workspaceId) then
  local bound = redis.call('HMGET', conn, 'channel', 'status', 'usable')
  local news = newsOf(bound)
  if news == 'conflict' then
    redis.call('HSET', conn, 'otherChannel', channelId)
    return {'conflict', '', bound[1]}
  end
  if not news then
    return {'duplicate', redis.call('ZSCORE', arrived, connectorId) and job or '', channelId}
  end
  redis.call('HSET', conn, 'channel', channelId, 'status', status, 'usable', usable, 'at', nowMs)
  redis.call('HSET', channels, channelId, connectorId)
  redis.call('PEXPIRE', channels, keptMs)
  redis.call('ZADD', arrived, nowMs, connectorId)
  return {'stored', job, channelId}
end
if conflict == '' and holder then conflict = 'other_workspace' end
local isKnown = known[3] or (job and redis.call('EXISTS', jobKeyPrefix .. job) == 1)
if conflict == '' and isKnown then conflict = 'not_held' end
local early = redis.call('HMGET', event, 'channel', 'status', 'usable', 'erased')
local news = newsOf(early)
if news == 'conflict' then
  redis.call('HSET', event, 'otherChannel', channelId)
  return {'conflict', '', early[1]}
end
if not news then return {'duplicate', '', channelId} end
if known[2] or early[4] then origin = blankOrigin end
keepEvent({event = event, unmatched = unmatched, ofWorkspace = ofWorkspace, dropped = dropped}, {
  channel = channelId, status = status, usable = usable, at = nowMs, origin = origin, conflict = conflict,
  ttlMs = ttlMs, workspaceId = workspaceId, slot = slot, most = most,
})
return {conflict == '' and 'stored' or 'conflict', '', channelId}`,
  },
  // What the event said; it counts as consumed from here. -> {channel or '', status, usable, 1 if cancelled, at, owner}
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
  // What is kept for an install that has ended may expire; connector and claim only if they are still that install's.
  perchExpire: {
    numberOfKeys: 2,
    lua: `
local claim, conn = unpack(KEYS)
local installId, ttlMs = unpack(ARGV)
if redis.call('HGET', conn, 'job') == installId then redis.call('PEXPIRE', conn, ttlMs) end
if string.match(redis.call('GET', claim) or '', '^%S+') ~= installId then return 0 end
return redis.call('PEXPIRE', claim, ttlMs)`,
  },
  // Whether an event of this connector may make a failed install run once more.
  // -> 'yes' · 'cancelled' somebody ended it · 'not_owner' the connector is not its own (any more)
  perchMayHeal: {
    numberOfKeys: 2,
    lua: `${holderLua}
local job, conn = unpack(KEYS)
local connectorId, installId, jobKeyPrefix = unpack(ARGV)
if redis.call('HGET', conn, 'job') ~= installId then return 'not_owner' end
if not holderOf(jobKeyPrefix, installId, connectorId) then return 'not_owner' end
return redis.call('HEXISTS', job, 'cancelAt') == 1 and 'cancelled' or 'yes'`,
  },
  // The event of a connector that no install holds leaves those that wait to be taken, and is kept for a person.
  // -> 1 kept · 0 there is none
  perchStrand: {
    numberOfKeys: 6,
    lua: `${keepEventLua}
local conn, arrived, event, unmatched, ofWorkspace, dropped = unpack(KEYS)
local connectorId, nowMs, ttlMs, most = unpack(ARGV)
redis.call('ZREM', arrived, connectorId)
local known = redis.call('HMGET', conn, 'channel', 'status', 'usable')
if not known[1] then return 0 end
keepEvent({event = event, unmatched = unmatched, ofWorkspace = ofWorkspace, dropped = dropped}, {
  channel = known[1], status = known[2] or '', usable = known[3] or '', at = nowMs, origin = '', conflict = 'not_held',
  ttlMs = ttlMs, workspaceId = '', slot = connectorId, most = most,
})
redis.call('HDEL', conn, 'channel', 'status', 'usable', 'at')
redis.call('PEXPIRE', conn, ttlMs)
return 1`,
  },
  // The event of an install that has ended leaves those that wait to be taken; unless the install shows that very
  // channel, its timeline says so. -> 1 · 0 it was taken meanwhile
  perchLeaveUnused: {
    numberOfKeys: 4,
    lua: `${tellUnusedLua}
local conn, arrived, logs, job = unpack(KEYS)
local connectorId, entry = unpack(ARGV)
if redis.call('ZREM', arrived, connectorId) == 0 then return 0 end
local channel = redis.call('HGET', conn, 'channel')
local isReadable, completion = pcall(cjson.decode, redis.call('HGET', job, 'returnvalue') or '')
local shown = isReadable and type(completion) == 'table' and completion.channelId
if type(shown) ~= 'string' then shown = '' end
if channel and string.lower(channel) ~= string.lower(shown) then tellUnused(logs, entry, channel) end
return 1`,
  },
} as const;
