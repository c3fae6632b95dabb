import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchHold(...args: (string | number)[]): Result<[string, string], Context>;
    perchGate(...args: (string | number)[]): Result<[GateAnswer, string, string], Context>;
    perchCountCreate(...args: (string | number)[]): Result<string, Context>;
    perchTakeBack(...args: (string | number)[]): Result<number, Context>;
    perchBudget(...args: (string | number)[]): Result<number, Context>;
    perchFair(...args: (string | number)[]): Result<number[], Context>;
  }
}

type GateAnswer = "go" | "lost" | "cancelled" | "paused" | "held" | "exhausted" | "wait";

/**
 * The creates of a number: each is when it was, a colon, and by whom, which is the phone id and the workspace. A create
 * is one too many when its workspace, or its phone id in all workspaces, had as many as there may be. One without
 * a colon was counted before that was known, and counts for all.
 */
const createsLua = `
local function nextCreate(creates, createsBefore, create, nowMs, createsMax, windowMs)
  local known = (redis.call('HGET', createsBefore, create.phoneNumber) or '') .. ' ' .. (redis.call('HGET', creates, create.phoneNumber) or '')
  local phone, workspace = string.match(create.by, '^([^:]*):(.*)$')
  local ofPhone, ofWorkspace = {}, {}
  for atMs, itsPhone, itsWorkspace in string.gmatch(known, '(%d+):?([^: ]*):?([^ ]*)') do
    if tonumber(atMs) > nowMs - windowMs then
      local isOld = itsPhone == ''
      if isOld or itsPhone == phone then table.insert(ofPhone, tonumber(atMs)) end
      if isOld or itsWorkspace == workspace then table.insert(ofWorkspace, tonumber(atMs)) end
    end
  end
  local nextMs = nowMs
  for _, times in ipairs({ofPhone, ofWorkspace}) do
    table.sort(times)
    if #times >= createsMax then nextMs = math.max(nextMs, times[#times - createsMax + 1] + windowMs) end
  end
  return nextMs > nowMs and string.format('%.0f', nextMs)
end
local function countCreate(creates, create, atMs, windowMs)
  local known = redis.call('HGET', creates, create.phoneNumber)
  local entry = atMs .. ':' .. create.by
  redis.call('HSET', creates, create.phoneNumber, known and known .. ' ' .. entry or entry)
  redis.call('PEXPIRE', creates, 2 * windowMs)
end`;

/** The Lua scripts that decide when an install may be sent to Bird: holds, the gate, budgets and fair turns. */
export const gateScripts = {
  // A workspace stops, and nobody tries until the pause is over: see `hold-scripts.ts`. Many runs meet the same refusal at once: only the first lengthens the pause.
  // The other two keys are the sets of workspaces held for this reason and for another.
  // -> {untilMs, reason} of the hold that stands
  perchHold: {
    numberOfKeys: 3,
    lua: `
local reason, nowMs, fixedMs, baseMs, capMs = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local known = redis.call('HMGET', KEYS[1], 'until', 'reason', 'streak')
local untilMs, streak = tonumber(known[1] or '0'), tonumber(known[3] or '0')
local pauseMs = fixedMs
local of, other = KEYS[2], KEYS[3]
-- A key that is refused stays the reason while that hold stands, whatever else Bird answers meanwhile.
if pauseMs >= 0 and known[2] == 'unauthorized' and untilMs > nowMs then
  reason, of, other = known[2], other, of
end
if known[2] ~= reason then streak = 0 end
if pauseMs < 0 then
  if untilMs > nowMs then return {known[1], known[2]} end
  pauseMs = math.min(capMs, baseMs * 2 ^ streak)
  streak = streak + 1
end
if untilMs <= nowMs then redis.call('HDEL', KEYS[1], 'next', 'probe', 'probeUntil', 'tries') end
if nowMs + pauseMs > untilMs or known[2] ~= reason then untilMs = math.max(untilMs, nowMs + pauseMs) end
local text = string.format('%.0f', untilMs)
redis.call('HSET', KEYS[1], 'until', text, 'reason', reason, 'streak', streak)
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', untilMs + 2 * capMs))
redis.call('ZREM', other, ARGV[6])
redis.call('ZREMRANGEBYSCORE', of, '-inf', nowMs)
redis.call('ZADD', of, text, ARGV[6])
return {text, reason}`,
  },
  // The last question before a create is sent: is the lock still this run's, is its batch cancelled, paused or
  // waiting for its canary, is the workspace held, has the number creates left, is there a place in the workspace's
  // POST budget (GCRA; a wait reserves its place)? A share of the budget is kept for single installs: they take the
  // earlier place of the two, a batch's only a kept one that is free now, so that no batch pushes them minutes back.
  // After the pause of a hold one create is let through to try; the others stay held until it is answered, or its lock
  // must long be over. The create is counted here, before it leaves, and taken back when Bird clearly refuses it; the last argument
  // but one is 0 where that is done by perchCountCreate.
  // -> {'go', lock's rest ms, 'probe' or ''} · {'lost', '', ''} · {'cancelled', '', ''} · {'paused', '', ''} · {'held', until, reason} · {'exhausted', next allowed, ''}
  // · {'wait', until, ''}
  perchGate: {
    numberOfKeys: 8,
    lua: `${createsLua}
local lock, hold, budget, creates, createsBefore, job, batch, kept = unpack(KEYS)
local token, part = ARGV[1], ARGV[9]
local create = {phoneNumber = ARGV[2], by = ARGV[14]}
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
local held = redis.call('HMGET', hold, 'until', 'reason', 'probe', 'probeUntil')
local installId = ARGV[15]
if held[1] then
  if tonumber(held[1]) > nowMs then return {'held', held[1], held[2]} end
  if held[4] and held[3] ~= installId and tonumber(held[4]) > nowMs then return {'held', held[4], held[2]} end
end
if ARGV[13] == '1' then
  local nextMs = nextCreate(creates, createsBefore, create, nowMs, createsMax, windowMs)
  if nextMs then return {'exhausted', nextMs, ''} end
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
if ARGV[13] == '1' then countCreate(creates, create, ARGV[3], windowMs) end
local lockMs = redis.call('PTTL', lock)
if held[1] then
  redis.call('HSET', hold, 'probe', installId, 'probeUntil', string.format('%.0f', nowMs + 2 * lockMs))
  redis.call('HDEL', hold, 'tries')
end
return {'go', string.format('%.0f', lockMs), held[1] and 'probe' or ''}`,
  },
  // A create is counted, unless the number has had as many as it may: in its workspace, or with its phone id. -> '' or when it may be created again
  perchCountCreate: {
    numberOfKeys: 2,
    lua: `${createsLua}
local creates, createsBefore = unpack(KEYS)
local create = {phoneNumber = ARGV[1], by = ARGV[5]}
local atMs, createsMax, windowMs = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local nextMs = nextCreate(creates, createsBefore, create, tonumber(atMs), createsMax, windowMs)
if nextMs then return nextMs end
countCreate(creates, create, atMs, windowMs)
return ''`,
  },
  // A create that was counted did not happen. -> 1 taken back · 0 it is not there
  perchTakeBack: {
    numberOfKeys: 1,
    lua: `
local phoneNumber, entry = ARGV[1], ARGV[2] .. ':' .. ARGV[3]
local rest, isTaken = {}, 0
for each in string.gmatch(redis.call('HGET', KEYS[1], phoneNumber) or '', '[^ ]+') do
  if each == entry and isTaken == 0 then isTaken = 1 else table.insert(rest, each) end
end
if #rest == 0 then redis.call('HDEL', KEYS[1], phoneNumber)
else redis.call('HSET', KEYS[1], phoneNumber, table.concat(rest, ' ')) end
return isTaken`,
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
} as const;
