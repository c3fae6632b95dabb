import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { setWindowedLua } from "../keyspace/windowed-hash.ts";

/**
 * The creates of a number: each is when it was, a colon, and by whom, which is the phone id and the workspace. A create
 * is one too many when its workspace, or its phone id in all workspaces, had as many as there may be. One without
 * a colon was counted before that was known, and counts for all.
 */
const createsLua = `${setWindowedLua}
local function nextCreate(knownBefore, knownNow, create, nowMs, createsMax, windowMs)
  local known = (knownBefore or '') .. ' ' .. (knownNow or '')
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
local function countCreate(creates, known, create, atMs, windowMs)
  local entry = atMs .. ':' .. create.by
  setWindowed(creates, create.phoneNumber, known and known .. ' ' .. entry or entry, 3 * windowMs)
end`;

/**
 * Asks everything there is to ask before a create is sent: is the lock still this run's, does the number's claim name
 * another install, is its batch cancelled, paused or waiting for its canary, is the workspace held, has the number creates left, is there a place in the workspace's
 * POST budget (GCRA; a wait reserves its place)? A share of the budget is kept for single installs: they take the
 * earlier place of the two, a batch's only a kept one that is free now, so that no batch pushes them minutes back.
 *
 * After the pause of a hold one create is let through to try; the others stay held until it is answered, or its lock
 * must long be over. The create is counted here, before it leaves, and taken back when Bird clearly refuses it. With
 * `isHome` 0 it is counted by `countCreate`, since the number's creates are in another shard. The job keeps which run
 * passed last and when, `run:ms`, so that a run that ends without a word leaves whether it may have sent a create.
 *
 * A claim names another when a producer stood still between its claim and its job until its id had passed for
 * abandoned. One that is not there stops nothing: claims of ended installs expire.
 *
 * Answers `go` with the rest of the lock in ms and `probe` or "", `replaced` with the other install, `held` with its end and reason, `exhausted` and
 * `wait` with a time, Unix ms.
 */
export const askGate = defineScript({
  name: "perchGate",
  keys: ["lock", "hold", "budget", "creates", "createsBefore", "job", "batch", "kept", "claim"],
  args: [
    "installId",
    "token",
    "phoneNumber",
    "by",
    "band",
    "batchRole",
    "isHome",
    "runNumber",
    "nowMs",
    "slotMs",
    "createsMax",
    "windowMs",
    "stepMs",
    "burst",
    "keptStepMs",
    "keptBurst",
  ],
  answer: z.tuple([
    z.enum(["go", "lost", "cancelled", "replaced", "paused", "held", "exhausted", "wait"]),
    z.string(),
    z.string(),
  ]),
  lua: `${createsLua}
local create = {phoneNumber = phoneNumber, by = by}
local sentAt = nowMs
nowMs, slotMs, createsMax, windowMs = tonumber(nowMs), tonumber(slotMs), tonumber(createsMax), tonumber(windowMs)
if redis.call('GET', lock) ~= token then return {'lost', '', ''} end
if redis.call('HEXISTS', job, 'cancelAt') == 1 then return {'cancelled', '', ''} end
local standing = string.match(redis.call('GET', claim) or '', '^%S+')
if standing and standing ~= installId then return {'replaced', standing, ''} end
if batchRole ~= '' then
  local state = redis.call('HMGET', batch, 'cancelledAt', 'pausedAt', 'isCanary')
  if state[1] then
    redis.call('HSET', job, 'cancelAt', state[1])
    return {'cancelled', '', ''}
  end
  if state[2] or (state[3] and batchRole ~= 'canary') then return {'paused', '', ''} end
end
local held = redis.call('HMGET', hold, 'until', 'reason', 'probe', 'probeUntil')
if held[1] then
  if tonumber(held[1]) > nowMs then return {'held', held[1], held[2]} end
  if held[4] and held[3] ~= installId and tonumber(held[4]) > nowMs then return {'held', held[4], held[2]} end
end
local known
if isHome == '1' then
  known = redis.call('HGET', creates, phoneNumber)
  local knownBefore = redis.call('HGET', createsBefore, phoneNumber)
  local nextMs = nextCreate(knownBefore, known, create, nowMs, createsMax, windowMs)
  if nextMs then return {'exhausted', nextMs, ''} end
end
if slotMs == 0 then
  local function place(key, stepMs, burst)
    local tat = math.max(tonumber(redis.call('GET', key) or '0'), nowMs)
    return math.ceil(tat - stepMs * (burst - 1)), tat + stepMs
  end
  local key, atMs, nextTat = budget, place(budget, tonumber(stepMs), tonumber(burst))
  if atMs > nowMs then
    local keptMs, keptTat = place(kept, tonumber(keptStepMs), tonumber(keptBurst))
    if keptMs <= nowMs or (band == 'interactive' and keptMs < atMs) then
      key, atMs, nextTat = kept, keptMs, keptTat
    end
  end
  redis.call('SET', key, string.format('%.3f', nextTat), 'PX', math.ceil(nextTat - nowMs) + 1000)
  if atMs > nowMs then return {'wait', string.format('%.0f', atMs), ''} end
elseif slotMs > nowMs + 2 then
  return {'wait', string.format('%.0f', slotMs), ''}
end
if isHome == '1' then countCreate(creates, known, create, sentAt, windowMs) end
redis.call('HSET', job, 'passed', runNumber .. ':' .. sentAt)
local lockMs = redis.call('PTTL', lock)
if held[1] then
  redis.call('HSET', hold, 'probe', installId, 'probeUntil', string.format('%.0f', nowMs + 2 * lockMs))
  redis.call('HDEL', hold, 'tries')
end
return {'go', string.format('%.0f', lockMs), held[1] and 'probe' or ''}`,
});

/** Counts a create, unless the number has had as many as it may. Answers "", or when it may be created again, Unix ms. */
export const countCreate = defineScript({
  name: "perchCountCreate",
  keys: ["creates", "createsBefore"],
  args: ["phoneNumber", "by", "atMs", "createsMax", "windowMs"],
  answer: z.string(),
  lua: `${createsLua}
local create = {phoneNumber = phoneNumber, by = by}
createsMax, windowMs = tonumber(createsMax), tonumber(windowMs)
local known = redis.call('HGET', creates, phoneNumber)
local knownBefore = redis.call('HGET', createsBefore, phoneNumber)
local nextMs = nextCreate(knownBefore, known, create, tonumber(atMs), createsMax, windowMs)
if nextMs then return nextMs end
countCreate(creates, known, create, atMs, windowMs)
return ''`,
});

/** A create that was counted did not happen. Answers 1, or 0 when it is not there. */
export const takeBackCreate = defineScript({
  name: "perchTakeBack",
  keys: ["creates"],
  args: ["phoneNumber", "atMs", "by"],
  answer: z.number(),
  lua: `
local entry = atMs .. ':' .. by
local rest, isTaken = {}, 0
for each in string.gmatch(redis.call('HGET', creates, phoneNumber) or '', '[^ ]+') do
  if each == entry and isTaken == 0 then isTaken = 1 else table.insert(rest, each) end
end
if #rest == 0 then redis.call('HDEL', creates, phoneNumber)
else redis.call('HSET', creates, phoneNumber, table.concat(rest, ' ')) end
return isTaken`,
});
