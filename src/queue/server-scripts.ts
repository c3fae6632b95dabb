import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchServer(...args: ScriptArgs): Result<[string, string, string], Context>;
    perchUnlock(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];

/** The Lua scripts about the server itself, and locks that any process may take. */
export const serverScripts = {
  // Which server holds the data, and when it may have forgotten something: see `restart-watch.ts`. INFO is asked in
  // here, so that in a cluster the node that holds the key answers for itself. Its uptime is in whole seconds, so a
  // start is taken to be as late as it can have been. With nothing written down no worker has ever been here, so
  // only what came with a backup may have been created, and no backup is restored within a second. Beats are in the
  // server's own time, because workers' clocks differ; a clock set back looks like a backup, which costs no more
  // than looks.
  // -> {when it may have forgotten, when a restored backup was noticed, the last beat}, Unix ms or '0'
  perchServer: {
    numberOfKeys: 1,
    lua: `
local nowMs, seenMs, forgivenMs = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4])
local isDurable = ARGV[2] == '1'
local info = redis.call('INFO', 'server') .. redis.call('INFO', 'replication')
local runId = string.match(info, 'run_id:(%w+)')
local uptimeS = tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
local isPromoted = string.match(info, 'master_replid2:0+%s') == nil
local time = redis.call('TIME')
local serverMs = time[1] * 1000 + math.floor(time[2] / 1000)
local ageMs = math.max(0, serverMs - (time[1] - uptimeS + 1) * 1000)
local startMs = nowMs - ageMs
local known = redis.call('HMGET', KEYS[1], 'runId', 'forgotMs', 'restoredMs', 'aliveMs')
local forgotMs, restoredMs = tonumber(known[2] or '0'), tonumber(known[3] or '0')
local aliveMs = tonumber(known[4] or '0')
if aliveMs < seenMs - ((isPromoted or not isDurable) and forgivenMs or 0) then restoredMs = nowMs end
if known[1] ~= runId then
  if isPromoted then forgotMs = nowMs
  elseif not isDurable then forgotMs = math.max(forgotMs, startMs)
  elseif not known[1] then forgotMs = startMs - 1000 end
  if known[1] and serverMs - ageMs - aliveMs > forgivenMs then restoredMs = math.max(restoredMs, startMs) end
end
forgotMs = math.max(forgotMs, restoredMs)
local text = {}
for n, each in ipairs({forgotMs, restoredMs, serverMs}) do text[n] = string.format('%.0f', each) end
redis.call('HSET', KEYS[1], 'runId', runId, 'forgotMs', text[1], 'restoredMs', text[2], 'aliveMs', text[3])
return text`,
  },
  // Ends a lock that is still the caller's. -> 1 it was
  perchUnlock: {
    numberOfKeys: 1,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
} as const;
