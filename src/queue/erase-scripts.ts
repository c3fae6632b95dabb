import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchErase(...args: (string | number)[]): Result<"erased" | "live" | "untold", Context>;
    perchEraseEvent(...args: (string | number)[]): Result<number, Context>;
    perchBlank(...args: (string | number)[]): Result<number, Context>;
  }
}

/** The Lua scripts that forget a person. Alone among Perch's they take an install's job away, as BullMQ does in time. */
export const eraseScripts = {
  // An install that has ended goes, unless a run or the telling of its outcome still has it in hand. Of its connector
  // stays that it was erased, so that a late event is kept without the number in it.
  // -> 'erased' · 'live' it has not ended · 'untold' its outcome is not told yet
  perchErase: {
    numberOfKeys: 8,
    lua: `
local job, logs, lock, completed, failed, outbox, claim, conn = unpack(KEYS)
local installId, ttlMs = unpack(ARGV)
if redis.call('EXISTS', job) == 1 then
  local hasEnded = redis.call('ZSCORE', completed, installId) or redis.call('ZSCORE', failed, installId)
  if not hasEnded or redis.call('EXISTS', lock) == 1 then return 'live' end
  if redis.call('ZSCORE', outbox, installId) then return 'untold' end
end
redis.call('ZREM', completed, installId)
redis.call('ZREM', failed, installId)
redis.call('DEL', job, logs)
if redis.call('HGET', conn, 'job') == installId then
  redis.call('HDEL', conn, 'job', 'origin')
  redis.call('HSET', conn, 'erased', 1)
  redis.call('PEXPIRE', conn, ttlMs)
end
if string.match(redis.call('GET', claim) or '', '^%S+') == installId then redis.call('DEL', claim) end
return 'erased'`,
  },
  // An unmatched event loses the number, and a repeat of it does not bring that back. -> 1 · 0 the event is gone
  perchEraseEvent: {
    numberOfKeys: 1,
    lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HDEL', KEYS[1], 'origin')
redis.call('HSET', KEYS[1], 'erased', 1)
return 1`,
  },
  // A rejected row keeps its number in the file and loses what it held. -> 1 · 0 the batch is gone
  perchBlank: {
    numberOfKeys: 1,
    lua: `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return 1`,
  },
} as const;
