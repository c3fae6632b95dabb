import type { Result } from "ioredis";
import { insertIdLua } from "./id-leaves.ts";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchClaim(
      ...args: ScriptArgs
    ): Result<["claimed" | "pending" | "current" | "grown" | "closed", string, string], Context>;
    perchUnclaim(...args: ScriptArgs): Result<0 | 1, Context>;
    perchReclaim(...args: ScriptArgs): Result<string, Context>;
  }
}

type ScriptArgs = (string | number)[];

/** The Lua scripts about who stands for a number in a workspace. */
export const claimScripts = {
  // Who stands for a number in a workspace. -> {'claimed', id} add a job of this id · {'pending', id} another
  // producer is about to: adding the same id is harmless, and so is replacing an id given as abandoned · {'current', id} there is one already. The third is the
  // failed install whose number this was, or ''; it is kept with the claim for whoever adds the job. The last of the
  // lists is the batch's, or again the first one's, since an empty key has no place in a cluster. In the home a
  // process hears when there are more shards than it knows of, {'grown', how many}: it cannot see who claimed there. In
  // another shard, whose limit is 0, it hears when the shard was taken back, {'closed'}: nobody would see what is put there
  perchClaim: {
    numberOfKeys: 6,
    lua: `${insertIdLua}
local claim, phones = KEYS[1], KEYS[2]
local newId, jobKeyPrefix, reinstall, phoneNumber, keptMs, oldestId, limit, abandonedId = unpack(ARGV)
local number = redis.call('GET', KEYS[6])
if number and tonumber(number) > tonumber(limit) then
  return {limit == '0' and 'closed' or 'grown', number, ''}
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
  local isThere = redis.call('EXISTS', job) == 1
  if not isThere and id ~= abandonedId then
    index(id)
    return {'pending', id, failed}
  end
  if isThere then
    local ended = redis.call('HMGET', job, 'finishedOn', 'returnvalue', 'uninstalledAt')
    local free = ended[1] and (not ended[2] or ended[3] or reinstall == '1')
    if not free then return {'current', id, ''} end
    failed = ended[2] and '' or id
  end
end
redis.call('SET', claim, failed and failed ~= '' and newId .. ' ' .. failed or newId)
index(newId)
return {'claimed', newId, failed or ''}`,
  },
  // A number is free once its install goes. -> 1 · 0 another one stands for it by now
  perchUnclaim: {
    numberOfKeys: 1,
    lua: `
if string.match(redis.call('GET', KEYS[1]) or '', '^%S+') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
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
} as const;
