import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

const nowLua = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local function written(ms) return string.format('%.0f', ms) end`;

/**
 * Stores a new link and lists it. Lists drop what is older than any link, and the oldest past `listMax`, which still
 * work. Answers when it was made, ms.
 */
export const makeLink = defineScript({
  name: "perchLinkMake",
  keys: ["link", "list", "listOfWorkspace"],
  args: ["id", "fields", "livesMs", "keptMs", "listKeptMs", "listMax"],
  answer: z.number(),
  lua: `${nowLua}
for name, value in pairs(cjson.decode(fields)) do redis.call('HSET', link, name, value) end
local expiresAtMs = nowMs + tonumber(livesMs)
redis.call('HSET', link, 'status', 'open', 'createdAtMs', written(nowMs), 'updatedAtMs', written(nowMs),
  'expiresAtMs', written(expiresAtMs))
redis.call('PEXPIREAT', link, written(expiresAtMs + tonumber(keptMs)))
for _, set in ipairs({list, listOfWorkspace}) do
  redis.call('ZADD', set, written(nowMs), id)
  redis.call('ZREMRANGEBYSCORE', set, '-inf', written(nowMs - tonumber(listKeptMs)))
  redis.call('ZREMRANGEBYRANK', set, 0, -tonumber(listMax) - 1)
  redis.call('PEXPIRE', set, listKeptMs)
end
return nowMs`,
});

/**
 * Carries out a move of a link when its status allows it; with no status in `from` it only reads. `from` has a comma
 * around every status. A secret's digest that is not the link's is answered as no link. `jobs` is what the keys of
 * installs' jobs begin with: an install that exists finishes its link. Answers Redis's time, whether the link moved, and
 * its fields; no fields: there is no such link.
 */
export const moveLink = defineScript({
  name: "perchLinkMove",
  keys: ["link", "jobs", "outbox"],
  args: ["id", "secretDigest", "from", "to", "fields", "move", "keptMs"],
  answer: z.tuple([z.number(), z.literal([0, 1]), z.array(z.string())]),
  lua: `${nowLua}
local found = redis.call('HMGET', link, 'status', 'expiresAtMs', 'installId', 'secretDigest')
local status = found[1]
if not status or (secretDigest ~= '' and secretDigest ~= found[4]) then return {nowMs, 0, {}} end
local isFinished = found[3] and redis.call('EXISTS', jobs .. found[3]) == 1
local isOver = isFinished or nowMs >= tonumber(found[2])
local moved = 0
if not isOver and string.find(from, ',' .. status .. ',', 1, true) then
  moved = 1
  redis.call('HDEL', link, 'code', 'step', 'metaErrorId')
  for name, value in pairs(cjson.decode(fields)) do
    redis.call(name == 'trace' and 'HSETNX' or 'HSET', link, name, value)
  end
  redis.call('HSET', link, 'status', to, 'updatedAtMs', written(nowMs))
  if move == 'open' then redis.call('HSETNX', link, 'openedAtMs', written(nowMs)) end
  if move == 'cancel' then
    redis.call('HINCRBY', link, 'cancels', 1)
    redis.call('ZADD', outbox, written(nowMs), id)
  end
  if move == 'finish' then redis.call('PEXPIRE', link, keptMs) end
end
return {nowMs, moved, redis.call('HGETALL', link)}`,
});

/** Names another install as that of a link, because the number had one already. */
export const nameInstall = defineScript({
  name: "perchLinkInstall",
  keys: ["link"],
  args: ["installId"],
  answer: z.literal([0, 1]),
  lua: `
if redis.call('EXISTS', link) == 0 then return 0 end
redis.call('HSET', link, 'installId', installId)
return 1`,
});

/** Removes a link from the outbox unless its customer has broken off again since. */
export const removeAnnounced = defineScript({
  name: "perchLinkAnnounced",
  keys: ["outbox"],
  args: ["id", "since"],
  answer: z.literal([0, 1]),
  lua: `
if tonumber(redis.call('ZSCORE', outbox, id) or '-1') ~= tonumber(since) then return 0 end
return redis.call('ZREM', outbox, id)`,
});
