import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchAwaitHold(...args: ScriptArgs): Result<["first" | "waits" | "open", string], Context>;
    perchLift(...args: ScriptArgs): Result<number, Context>;
    perchDoor(...args: ScriptArgs): Result<["shut" | "tries" | "open", ...string[]], Context>;
  }
}

type ScriptArgs = (string | number)[];

/**
 * The Lua scripts about the door of a held workspace: see `held-installs.ts`. A hold's hash has, beside `until`,
 * `reason` and `streak`: `next`, the install that tries by itself when the pause is over; `probe`, the one whose
 * create is out, believed until `probeUntil`; and `tries`, how often nobody came of those that were woken to try.
 */
export const holdScripts = {
  // An install is about to be parked for its workspace's hold: it gets into the line before it is parked, so that it
  // cannot be forgotten. The first of a pause comes again by itself when that is over; the others are let in. Those of
  // batches (line 1) come after the others (line 0). -> {'first', when} · {'waits', ''} · {'open', ''}: there is no hold any more
  perchAwaitHold: {
    numberOfKeys: 3,
    lua: `
local hold, waiting, doors = unpack(KEYS)
local installId, workspaceId, line, nowMs = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local known = redis.call('HMGET', hold, 'until', 'next', 'probe', 'probeUntil')
if not known[1] then return {'open', ''} end
local untilMs, probeUntilMs = tonumber(known[1]), tonumber(known[4] or '0')
if untilMs <= nowMs and (probeUntilMs <= nowMs or known[3] == installId) then return {'open', ''} end
redis.call('ZADD', waiting, line, installId)
redis.call('ZADD', doors, 'LT', string.format('%.0f', math.max(untilMs, probeUntilMs) + 1000), workspaceId)
if untilMs > nowMs and (not known[2] or known[2] == installId) then
  redis.call('HSET', hold, 'next', installId)
  return {'first', known[1]}
end
return {'waits', ''}`,
  },
  // A hold whose pause is over ends: those that wait may be let in from now on. -> 1 · 0 the workspace is held again
  perchLift: {
    numberOfKeys: 4,
    lua: `
local hold, doors = unpack(KEYS)
local workspaceId, nowMs = ARGV[1], ARGV[2]
if tonumber(redis.call('HGET', hold, 'until') or '0') > tonumber(nowMs) then return 0 end
redis.call('DEL', hold)
redis.call('ZREM', KEYS[3], workspaceId)
redis.call('ZREM', KEYS[4], workspaceId)
redis.call('ZADD', doors, 'XX', nowMs, workspaceId)
return 1`,
  },
  // Whom to let in. While the hold stands, or an install tries, nobody. When its pause is over and nobody tries, the
  // first few of the line, twice as many each time nothing came of it, since some may be of a paused batch; the gate
  // lets one of them through. Without a hold as many as the workspace may post until the next sweep.
  // -> {'shut'} · {'tries' or 'open', installs}
  perchDoor: {
    numberOfKeys: 3,
    lua: `
local hold, waiting, doors = unpack(KEYS)
local workspaceId, nowMs, paceMax = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if redis.call('EXISTS', waiting) == 0 then
  redis.call('ZREM', doors, workspaceId)
  return {'shut'}
end
local known = redis.call('HMGET', hold, 'until', 'probeUntil')
local shutMs = math.max(tonumber(known[1] or '0'), tonumber(known[2] or '0'))
local text = string.format('%.0f', math.max(shutMs, nowMs))
redis.call('ZADD', doors, text, workspaceId)
if shutMs > nowMs then return {'shut'} end
if not known[1] then return {'open', unpack(redis.call('ZRANGE', waiting, 0, paceMax - 1))} end
local tries = redis.call('HINCRBY', hold, 'tries', 1)
return {'tries', unpack(redis.call('ZRANGE', waiting, 0, math.min(500, 2 ^ (tries - 1)) - 1))}`,
  },
} as const;
