import { z } from "zod";
import { parkJobLua } from "../../redis/bullmq.ts";
import { defineScript } from "../../redis/script.ts";
import { markStatusLua, statusScores } from "../installs/statuses.ts";

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
 * Lua: `holderOf(jobKeyPrefix, installId, connectorId)` answers the workspace of the install if it holds the connector,
 * so that the connector's events are its own: the connector is bound to it, is not deleted, and is not being deleted.
 */
export const holderLua = `
local function holderOf(jobKeyPrefix, installId, connectorId)
  if not installId then return false end
  local job = redis.call('HMGET', jobKeyPrefix .. installId, 'data', 'uninstallingAt', 'uninstalledAt')
  if not job[1] or job[2] or job[3] then return false end
  local isReadable, data = pcall(cjson.decode, job[1])
  if not isReadable or type(data.connectorId) ~= 'string' then return false end
  if string.lower(data.connectorId) ~= connectorId then return false end
  return string.lower(data.request.workspaceId)
end`;

/** A shard keeps the events of so many workspaces that have as many as one may. */
const workspacesOfEventsMax = 10;

/**
 * Lua: keeps an event that no install of its workspace has. A workspace with more than its share loses its oldest, and
 * only a full shard the oldest of all.
 */
export const keepEventLua = `
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

/** Lua: `noteUnused(logs, entry, channel)` says on the install's timeline that an event came which it did not use. */
const noteUnusedLua = `
local function noteUnused(logs, entry, channel)
  local line = cjson.decode(entry)
  line.what, line.channelId = 'event from Bird after the end', channel
  redis.call('RPUSH', logs, cjson.encode(line))
end`;

/** What `takeEvent` uses. */
const takeKeys = ["conn", "arrived", "logs", "claim", "lock", "job", "statuses"] as const;
const takeArgs = ["connectorId", "ttlMs", "entry", "installId", "token"] as const;

/**
 * What `takeEvent` answers: channel or "", its status, "1" when that is usable; 1 when the install was cancelled; when
 * the event arrived, Unix ms; the install that owns the connector.
 */
const takeAnswer = [z.string(), z.string(), z.string(), z.literal([0, 1]), z.string(), z.string()] as const;

/**
 * Lua: `takeEvent(owner, channel, status, usable, at)` consumes what is known of a connector, false where there is nothing.
 * It uses the keys and arguments of `takeKeys` and `takeArgs`. Consuming twice is safe: a run killed
 * right after finds the event again. A run that has lost its lock only reads: it cannot complete the
 * install, so the event must stay for the sweep. A cancelled install takes nothing but notes the event, and one
 * whose connector is another's or is being deleted takes nothing. An install that goes on waiting is marked as such;
 * one that completes by the event is marked no more.
 */
const takeEventLua = `${noteUnusedLua}${markStatusLua}
local function takeEvent(owner, channel, status, usable, at)
  local ends = redis.call('HMGET', job, 'cancelAt', 'uninstallingAt', 'uninstalledAt')
  local isCancelled = (ends[1] or ends[2] or ends[3]) and 1 or 0
  owner = owner or installId
  if owner ~= installId then return {'', '', '', isCancelled, '', owner} end
  local answer = {channel or '', status or '', usable or '', isCancelled, at or '', owner}
  if redis.call('GET', lock) ~= token then return answer end
  if isCancelled == 1 then
    if redis.call('ZREM', arrived, connectorId) == 1 and channel then noteUnused(logs, entry, channel) end
    return answer
  end
  markStatus(statuses, installId, usable == '1' and 0 or ${statusScores.awaiting_channel})
  if not channel then return answer end
  if redis.call('ZREM', arrived, connectorId) == 1 then redis.call('RPUSH', logs, entry) end
  if usable == '1' then
    redis.call('PEXPIRE', conn, ttlMs)
    if string.match(redis.call('GET', claim) or '', '^%S+') == installId then redis.call('PEXPIRE', claim, ttlMs) end
  end
  return answer
end`;

/**
 * Binds a connector to its install: they become known to each other, and "will not post again" true, in one instant, in
 * which an event that is here already is taken: one of the install's own workspace, or one that named none. A bound
 * connector does not expire before its install has ended. If there is no event and nothing else to do, the install is
 * parked in that instant too, so that no event can come between the bind and the park.
 *
 * Answers, with "" and 0 for the rest: `parked`; `bound` and what `takeEvent` answers; `install_has_other` and the connector that
 * the install has; `connector_has_other` and the install that has the connector and may still complete; `install_gone`;
 * or `connector_gone` when the connector was deleted at Bird through Perch.
 */
export const bindConnector = defineScript({
  name: "perchBind",
  keys: [...takeKeys, "unmatched", "eventOfWorkspace", "listOfWorkspace", "eventOfNone", "listOfNone"],
  args: [...takeArgs, "data", "priority", "jobKeyPrefix", "workspaceId", "parkedAtMs", "parkedForMs"],
  answer: z.tuple([
    z.enum(["parked", "bound", "install_has_other", "connector_has_other", "install_gone", "connector_gone"]),
    ...takeAnswer,
  ]),
  lua: `${takeEventLua}${isCurrentLua}${parkJobLua}
local known = redis.call('HMGET', conn, 'job', 'channel', 'status', 'usable', 'at', 'uninstalledAt')
if known[6] then return {'connector_gone', '', '', '', 0, '', ''} end
local other = known[1]
if other and other ~= installId and isCurrent(jobKeyPrefix .. other) then return {'connector_has_other', other, '', '', 0, '', ''} end
local install = redis.call('HMGET', job, 'timestamp', 'bound', 'cancelAt')
if not install[1] then return {'install_gone', '', '', '', 0, '', ''} end
if install[2] then
  local standing = cjson.decode(redis.call('HGET', job, 'data')).connectorId
  if string.lower(standing) ~= connectorId then
    local line = cjson.decode(entry)
    line.what, line.connectorId = 'incident: Bird made a second connector', connectorId
    redis.call('RPUSH', logs, cjson.encode(line))
    return {'install_has_other', standing, '', '', 0, '', ''}
  end
else
  redis.call('HSET', job, 'bound', 1, 'data', data, 'priority', priority)
end
-- Mostly nothing is known of a connector before its bind; what is may be about to expire.
local isKnown = redis.call('EXISTS', conn, eventOfWorkspace, eventOfNone) > 0
redis.call('HSET', conn, 'job', installId)
if isKnown then redis.call('PERSIST', conn) end
for _, place in ipairs(isKnown and {{workspaceId, eventOfWorkspace, listOfWorkspace}, {'', eventOfNone, listOfNone}} or {}) do
  local workspace, event, list = unpack(place)
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
    redis.call('ZREM', list, connectorId)
  end
end
if not known[2] then
  local isParked = parkedForMs ~= '' and not install[3]
    and parkJob(jobKeyPrefix, installId, token, parkedAtMs, parkedForMs)
  if isParked or redis.call('GET', lock) == token then
    markStatus(statuses, installId, ${statusScores.awaiting_channel})
  end
  return {isParked and 'parked' or 'bound', '', '', '', 0, '', installId}
end
return {'bound', unpack(takeEvent(installId, known[2], known[3], known[4], known[5]))}`,
});

/** Takes what the event of a connector said; the event counts as consumed from here. Answers as `takeEvent` does. */
export const takeStoredEvent = defineScript({
  name: "perchTake",
  keys: takeKeys,
  args: takeArgs,
  answer: z.tuple(takeAnswer),
  lua: `${takeEventLua}
return takeEvent(unpack(redis.call('HMGET', conn, 'job', 'channel', 'status', 'usable', 'at')))`,
});

/**
 * Takes the event of an install that has ended away from those that wait to be taken; unless the install shows that very
 * channel, its timeline says so. Answers 1, or 0 when the event was taken meanwhile.
 */
export const leaveEventUnused = defineScript({
  name: "perchLeaveUnused",
  keys: ["conn", "arrived", "logs", "job"],
  args: ["connectorId", "entry"],
  answer: z.literal([0, 1]),
  lua: `${noteUnusedLua}
if redis.call('ZREM', arrived, connectorId) == 0 then return 0 end
local ends = redis.call('HMGET', job, 'timestamp', 'returnvalue')
-- Removed since its state was asked for: a timeline of its own would have no end.
if not ends[1] then return 1 end
local channel = redis.call('HGET', conn, 'channel')
local isReadable, completion = pcall(cjson.decode, ends[2] or '')
local shown = isReadable and type(completion) == 'table' and completion.channelId
if type(shown) ~= 'string' then shown = '' end
if channel and string.lower(channel) ~= string.lower(shown) then noteUnused(logs, entry, channel) end
return 1`,
});

/**
 * Lets what is kept for an install that has ended expire; connector and claim only if they are still that install's.
 * Its status needs no mark any more, unless it was cancelled. Answers 1 when the claim expires.
 */
export const expireKept = defineScript({
  name: "perchExpire",
  keys: ["claim", "conn", "statuses"],
  args: ["installId", "ttlMs"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('ZSCORE', statuses, installId) ~= '${statusScores.cancelled}' then redis.call('ZREM', statuses, installId) end
if redis.call('HGET', conn, 'job') == installId then redis.call('PEXPIRE', conn, ttlMs) end
if string.match(redis.call('GET', claim) or '', '^%S+') ~= installId then return 0 end
return redis.call('PEXPIRE', claim, ttlMs)`,
});

/**
 * The look after a park: answers 1 when an event is stored that no run has taken, or the install was cancelled meanwhile,
 * else 0.
 */
export const lookAfterPark = defineScript({
  name: "perchSlipped",
  keys: ["arrived", "job"],
  args: ["connectorId"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('ZSCORE', arrived, connectorId) then return 1 end
return redis.call('HEXISTS', job, 'cancelAt')`,
});
