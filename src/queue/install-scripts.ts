import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchAmend(...args: ScriptArgs): Result<number, Context>;
    perchCancel(...args: ScriptArgs): Result<CancelAnswer, Context>;
    perchRetry(...args: ScriptArgs): Result<number, Context>;
    perchUninstalled(...args: ScriptArgs): Result<number, Context>;
    perchChannelWebhooks(...args: ScriptArgs): Result<number, Context>;
    perchTold(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];
type CancelAnswer = "asked" | "ended" | "gone";

/** The Lua scripts that change a single install. */
export const installScripts = {
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
} as const;
