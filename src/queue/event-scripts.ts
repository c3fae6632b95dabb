import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchKeepUnreadable(...args: (string | number)[]): Result<string, Context>;
    perchMend(...args: (string | number)[]): Result<0 | 1, Context>;
    perchLineUp(...args: (string | number)[]): Result<0 | 1, Context>;
  }
}

/** The Lua scripts that bound what strangers can have kept, and what is broken. */
export const eventScripts = {
  // An event joins the stream of those nobody can read. A workspace with more than its share loses its oldest, and
  // only a full stream the oldest of all. -> the id of its entry
  perchKeepUnreadable: {
    numberOfKeys: 3,
    lua: `
local stream, ofWorkspace, dropped = unpack(KEYS)
local most, mostOfWorkspace, keptMs = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local function drop(why, count)
  if count == 0 then return end
  redis.call('HINCRBY', dropped, why, count)
  redis.call('PEXPIRE', dropped, keptMs)
end
local id = redis.call('XADD', stream, '*', unpack(ARGV, 4))
redis.call('RPUSH', ofWorkspace, id)
redis.call('PEXPIRE', ofWorkspace, keptMs)
while redis.call('LLEN', ofWorkspace) > mostOfWorkspace do
  drop('unreadable', redis.call('XDEL', stream, redis.call('LPOP', ofWorkspace)))
end
drop('unreadable', redis.call('XTRIM', stream, 'MAXLEN', most))
return id`,
  },
  // A look-up takes a place among those of its workspace. -> 1 · 0 there are too many already
  perchLineUp: {
    numberOfKeys: 1,
    lua: `
local most, keptMs, id = tonumber(ARGV[1]), ARGV[2], ARGV[3]
if redis.call('SISMEMBER', KEYS[1], id) == 0 then
  if redis.call('SCARD', KEYS[1]) >= most then return 0 end
  redis.call('SADD', KEYS[1], id)
end
redis.call('PEXPIRE', KEYS[1], keptMs)
return 1`,
  },
  // A field of a job that is no JSON is replaced, unless it has changed meanwhile. -> 1 · 0
  perchMend: {
    numberOfKeys: 1,
    lua: `
local field, seen, instead = unpack(ARGV)
if redis.call('HGET', KEYS[1], field) ~= seen then return 0 end
redis.call('HSET', KEYS[1], 'broken:' .. field, seen, field, instead)
return 1`,
  },
} as const;
