import type { Redis, Result } from "ioredis";
import { batchScripts } from "./batch-scripts.ts";
import { insertIdLua, leafNameLua } from "./id-leaves.ts";
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
    perchClaim(...args: ScriptArgs): Result<["claimed" | "pending" | "current", string, string], Context>;
    perchIndex(...args: ScriptArgs): Result<null, Context>;
    perchForget(...args: ScriptArgs): Result<null, Context>;
    perchIds(...args: ScriptArgs): Result<string[], Context>;
    perchMembers(...args: ScriptArgs): Result<(0 | 1)[], Context>;
    perchHold(...args: ScriptArgs): Result<[string, string], Context>;
    perchGate(...args: ScriptArgs): Result<[GateAnswer, string, string], Context>;
    perchTakeBack(...args: ScriptArgs): Result<number, Context>;
    perchBudget(...args: ScriptArgs): Result<number, Context>;
    perchFair(...args: ScriptArgs): Result<number[], Context>;
    perchServer(...args: ScriptArgs): Result<string, Context>;
    perchUnlock(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];
type CancelAnswer = "asked" | "ended" | "gone";
/** Channel or "", its status, "1" when that is usable; 1 when the install was cancelled; when the event arrived. */
export type TakeAnswer = [string, string, string, number, string];
type GateAnswer = "go" | "lost" | "cancelled" | "paused" | "held" | "exhausted" | "wait";
export type ArriveResult = "stored" | "duplicate" | "conflict";

/**
 * The Lua scripts of Perch. They touch Perch's own keys, and of BullMQ's only an install's own hash (`data`,
 * `priority` and fields of ours: `bound`, `cancelAt`, `uninstalledAt`, `channelWebhooks`), its log list and, to read, its lock.
 */
export const scripts = {
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
  // failed install whose number this was, or ''; it is kept with the claim for whoever adds the job. The last of
  // the keys is the batch's, or again the first list's, since an empty one has no place in a cluster
  perchClaim: {
    numberOfKeys: 5,
    lua: `${insertIdLua}
local claim, phones = KEYS[1], KEYS[2]
local newId, jobKeyPrefix, reinstall, phoneNumber, keptMs, oldestId = unpack(ARGV)
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
  // An id joins a set of ids.
  perchIndex: {
    numberOfKeys: 1,
    lua: `${insertIdLua}
insertId(KEYS[1], unpack(ARGV))`,
  },
  // Ids leave a set of ids, and a leaf its set once it has none.
  perchForget: {
    numberOfKeys: 1,
    lua: `${leafNameLua}
for _, id in ipairs(ARGV) do
  local name = leafName(KEYS[1], id)
  if name then
    redis.call('ZREM', KEYS[1] .. ':' .. name, id)
    if redis.call('EXISTS', KEYS[1] .. ':' .. name) == 0 then redis.call('ZREM', KEYS[1], name) end
  end
end`,
  },
  // Ids of a set from a bound of ZRANGE's BYLEX down. -> ids, newest first
  perchIds: {
    numberOfKeys: 1,
    lua: `
local key, from, limit = KEYS[1], ARGV[1], tonumber(ARGV[2])
local ids, bound = {}, from
while #ids < limit do
  local names = redis.call('ZRANGE', key, bound, '-', 'BYLEX', 'REV', 'LIMIT', 0, 8)
  if #names == 0 then return ids end
  for _, name in ipairs(names) do
    local some = redis.call('ZRANGE', key .. ':' .. name, from, '-', 'BYLEX', 'REV', 'LIMIT', 0, limit - #ids)
    for _, id in ipairs(some) do table.insert(ids, id) end
    if #ids == limit then return ids end
  end
  bound = '(' .. names[#names]
end
return ids`,
  },
  // Which ids a set has. -> 1 · 0 for each
  perchMembers: {
    numberOfKeys: 1,
    lua: `${leafNameLua}
local has = {}
for at, id in ipairs(ARGV) do
  local name = leafName(KEYS[1], id)
  has[at] = name and redis.call('ZSCORE', KEYS[1] .. ':' .. name, id) and 1 or 0
end
return has`,
  },
  // A workspace stops. Many runs meet the same refusal at once: only the first lengthens the pause.
  // The other two keys are the sets of workspaces held for this reason and for another.
  // -> {untilMs, reason} of the hold that stands
  perchHold: {
    numberOfKeys: 3,
    lua: `
local reason, nowMs, fixedMs, baseMs, capMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HMGET', KEYS[1], 'until', 'reason', 'streak')
local untilMs, streak = tonumber(known[1] or '0'), tonumber(known[3] or '0')
if known[2] ~= reason then streak = 0 end
local pauseMs = fixedMs
if pauseMs < 0 then
  if untilMs > nowMs then return {known[1], known[2]} end
  pauseMs = math.min(capMs, baseMs * 2 ^ streak)
  streak = streak + 1
end
if nowMs + pauseMs > untilMs or known[2] ~= reason then untilMs = math.max(untilMs, nowMs + pauseMs) end
local text = string.format('%.0f', untilMs)
redis.call('HSET', KEYS[1], 'until', text, 'reason', reason, 'streak', streak)
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', untilMs + 2 * capMs))
redis.call('ZREM', KEYS[3], ARGV[6])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', nowMs)
redis.call('ZADD', KEYS[2], text, ARGV[6])
return {text, reason}`,
  },
  // The last question before a create is sent: is the lock still this run's, is its batch cancelled, paused or
  // waiting for its canary, is the workspace held, has the number creates left, is there a place in the workspace's
  // POST budget (GCRA; a wait reserves its place)? A share of the budget is kept for single installs: they take the
  // earlier place of the two, a batch's only a kept one that is free now, so that no batch pushes them minutes back.
  // The create is counted here, before it leaves, and taken back when Bird clearly refuses it.
  // -> {'go', lock's rest ms, ''} · {'lost', '', ''} · {'cancelled', '', ''} · {'paused', '', ''} · {'held', until, reason} · {'exhausted', next allowed, ''}
  // · {'wait', until, ''}
  perchGate: {
    numberOfKeys: 8,
    lua: `
local lock, hold, budget, creates, createsBefore, job, batch, kept = unpack(KEYS)
local token, phoneNumber, part = ARGV[1], ARGV[2], ARGV[9]
local nowMs, slotMs = tonumber(ARGV[3]), tonumber(ARGV[4])
local stepMs, burst = tonumber(ARGV[5]), tonumber(ARGV[6])
local createsMax, windowMs = tonumber(ARGV[7]), tonumber(ARGV[8])
if redis.call('GET', lock) ~= token then return {'lost', '', ''} end
if redis.call('HEXISTS', job, 'cancelAt') == 1 then return {'cancelled', '', ''} end
if part ~= '' then
  local state = redis.call('HMGET', batch, 'cancelledAt', 'pausedAt', 'isCanary')
  if state[1] then
    redis.call('HSET', job, 'cancelAt', state[1])
    return {'cancelled', '', ''}
  end
  if state[2] or (state[3] and part ~= 'canary') then return {'paused', '', ''} end
end
local held = redis.call('HMGET', hold, 'until', 'reason')
if held[1] and tonumber(held[1]) > nowMs then return {'held', held[1], held[2]} end
local latest = redis.call('HGET', creates, phoneNumber) or ''
local times = {}
for atMs in string.gmatch((redis.call('HGET', createsBefore, phoneNumber) or '') .. ' ' .. latest, '%d+') do
  if tonumber(atMs) > nowMs - windowMs then table.insert(times, tonumber(atMs)) end
end
if #times >= createsMax then
  return {'exhausted', string.format('%.0f', math.min(unpack(times)) + windowMs), ''}
end
if slotMs == 0 then
  local function place(key, stepMs, burst)
    local tat = math.max(tonumber(redis.call('GET', key) or '0'), nowMs)
    return math.ceil(tat - stepMs * (burst - 1)), tat + stepMs
  end
  local key, atMs, nextTat = budget, place(budget, stepMs, burst)
  if atMs > nowMs then
    local keptMs, keptTat = place(kept, tonumber(ARGV[10]), tonumber(ARGV[11]))
    if keptMs <= nowMs or (ARGV[12] == 'interactive' and keptMs < atMs) then
      key, atMs, nextTat = kept, keptMs, keptTat
    end
  end
  redis.call('SET', key, string.format('%.3f', nextTat), 'PX', math.ceil(nextTat - nowMs) + 1000)
  if atMs > nowMs then return {'wait', string.format('%.0f', atMs), ''} end
elseif slotMs > nowMs + 2 then
  return {'wait', string.format('%.0f', slotMs), ''}
end
redis.call('HSET', creates, phoneNumber, latest == '' and ARGV[3] or latest .. ' ' .. ARGV[3])
redis.call('PEXPIRE', creates, 2 * windowMs)
return {'go', string.format('%.0f', redis.call('PTTL', lock)), ''}`,
  },
  // A create that was counted did not happen. -> 1 taken back · 0 it is not there
  perchTakeBack: {
    numberOfKeys: 1,
    lua: `
local phoneNumber, atMs = ARGV[1], ARGV[2]
local rest, isTaken = {}, 0
for each in string.gmatch(redis.call('HGET', KEYS[1], phoneNumber) or '', '%d+') do
  if each == atMs and isTaken == 0 then isTaken = 1 else table.insert(rest, each) end
end
if #rest == 0 then redis.call('HDEL', KEYS[1], phoneNumber)
else redis.call('HSET', KEYS[1], phoneNumber, table.concat(rest, ' ')) end
return isTaken`,
  },
  // Ends a lock that is still the caller's. -> 1 it was
  perchUnlock: {
    numberOfKeys: 1,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
  // A place in a budget (GCRA). "take" reserves the next one, "peek" leaves it. -> ms to wait for it
  perchBudget: {
    numberOfKeys: 1,
    lua: `
local nowMs, stepMs, burst, mode = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local tat = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), nowMs)
local waitMs = math.max(0, math.ceil(tat - stepMs * (burst - 1) - nowMs))
if mode == 'take' then
  redis.call('SET', KEYS[1], string.format('%.3f', tat + stepMs), 'PX', math.ceil(tat + stepMs - nowMs) + 1000)
end
return waitMs`,
  },
  // Where the next installs of each workspace start in their band, counted in installs from its first tag. The
  // band's virtual time is the tag of the first that waits, and never goes back: a parked install that returns
  // with its old tag must not let newcomers in front. BullMQ 6.7 scores a waiting job priority * 2^32 + a counter
  // below 2^32 (`commands/includes/getPriorityScore.lua`); numbers of that size are written out, because Lua
  // shortens them to 14 digits. -> a start for each workspace
  perchFair: {
    numberOfKeys: 2,
    lua: `
local fair, prioritized = unpack(KEYS)
local firstTag, lastTag, quantum = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local nowMs, restartMs, keptMs = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local from = string.format('%.0f', firstTag * 4294967296)
local to = string.format('(%.0f', (lastTag + 1) * 4294967296)
local head = redis.call('ZRANGE', prioritized, from, to, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local served = 0
if head[2] then
  served = (math.floor(tonumber(head[2]) / 4294967296) - firstTag) * quantum
elseif math.abs(nowMs - tonumber(redis.call('HGET', fair, '@sinceMs') or '0')) > restartMs then
  redis.call('DEL', fair)
end
redis.call('HSETNX', fair, '@sinceMs', ARGV[4])
local virtual = math.max(served, tonumber(redis.call('HGET', fair, '@virtual') or '0'))
redis.call('HSET', fair, '@virtual', string.format('%.0f', virtual))
local starts = {}
for n = 7, #ARGV, 2 do
  local start = math.max(virtual, tonumber(redis.call('HGET', fair, ARGV[n]) or '0'))
  redis.call('HSET', fair, ARGV[n], string.format('%.0f', start + tonumber(ARGV[n + 1])))
  table.insert(starts, start)
end
redis.call('PEXPIRE', fair, keptMs)
return starts`,
  },
  // Which server holds the data, and since when it may have forgotten something. A server that is not the one
  // written down sets that anew; the same one leaves it. -> Unix ms
  perchServer: {
    numberOfKeys: 1,
    lua: `
local runId, forgotMs = ARGV[1], ARGV[2]
local known = redis.call('HMGET', KEYS[1], 'runId', 'forgotMs')
if known[1] == runId then return known[2] end
if forgotMs == '' then forgotMs = known[2] or '0' end
redis.call('HSET', KEYS[1], 'runId', runId, 'forgotMs', forgotMs)
return forgotMs`,
  },
} as const;

/** Teaches a connection Perch's scripts. Idempotent. */
export const defineScripts = (client: Redis): void => {
  for (const [name, definition] of Object.entries({ ...scripts, ...batchScripts })) {
    if (!(name in client)) client.defineCommand(name, definition);
  }
};
