import type { Result } from "ioredis";

declare module "ioredis" {
  interface RedisCommander<Context> {
    perchServer(...args: ScriptArgs): Result<[string, string, string], Context>;
    perchClock(...args: ScriptArgs): Result<[string, string], Context>;
    perchTrust(...args: ScriptArgs): Result<number, Context>;
    perchUnlock(...args: ScriptArgs): Result<number, Context>;
  }
}

type ScriptArgs = (string | number)[];

/** The Lua scripts about the server itself, and locks that any process may take. */
export const serverScripts = {
  // Which server holds the data, and when it may have forgotten something: see `restart-watch.ts`. INFO is asked in
  // here, so that in a cluster the node that holds the key answers for itself. Its uptime is in whole seconds, so a
  // start is taken to be as late as it can have been. With nothing written down no worker has ever been here, so
  // only what came with a backup may have been created, and no backup is restored within a second. All times are the
  // server's own; beats only go up, unless the clock was set back by more than a minute. A caller whose own last
  // beat is in the data, and is the data's last or nearly so, lived through what came since: no backup was restored,
  // also when another process, which could not know, has noted a doubt. What a restart by itself may have lost, and
  // a backup noted before, are kept apart to go back to.
  // -> {when it may have forgotten, when a restored backup was noticed, the last beat}, Unix ms or '0'
  perchServer: {
    numberOfKeys: 1,
    lua: `
local isDurable, seenMs, forgivenMs = ARGV[1] == '1', tonumber(ARGV[2]), tonumber(ARGV[3])
local info = redis.call('INFO', 'server') .. redis.call('INFO', 'replication')
local runId = string.match(info, 'run_id:(%w+)')
local uptimeS = tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
local isPromoted = string.match(info, 'master_replid2:0+%s') == nil
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local startMs = math.min(nowMs, (time[1] - uptimeS + 1) * 1000)
local known = redis.call('HMGET', KEYS[1], 'runId', 'forgotMs', 'restoredMs', 'aliveMs', 'doubtedAliveMs', 'restartedMs', 'doubtedFromMs')
local forgotMs, restoredMs = tonumber(known[2] or '0'), tonumber(known[3] or '0')
local aliveMs, restartedMs = tonumber(known[4] or '0'), tonumber(known[6] or known[2] or '0')
local function isLast(beatMs) return seenMs > 0 and beatMs >= seenMs and beatMs - seenMs <= forgivenMs end
if aliveMs < seenMs - ((isPromoted or not isDurable) and forgivenMs or 0) then
  restoredMs = nowMs
  redis.call('HDEL', KEYS[1], 'doubtedAliveMs')
elseif known[5] and isLast(tonumber(known[5])) then
  restoredMs = tonumber(known[7] or '0')
  forgotMs = math.max(restartedMs, restoredMs)
  redis.call('HDEL', KEYS[1], 'doubtedAliveMs')
end
if known[1] ~= runId then
  if isPromoted then restartedMs = math.max(nowMs, aliveMs)
  elseif not isDurable then restartedMs = math.max(restartedMs, startMs)
  elseif not known[1] then restartedMs = startMs - 1000 end
  if known[1] and startMs - aliveMs > forgivenMs and not isLast(aliveMs) and startMs > restoredMs then
    redis.call('HSET', KEYS[1], 'doubtedAliveMs', string.format('%.0f', aliveMs), 'doubtedFromMs', string.format('%.0f', restoredMs))
    restoredMs = startMs
  end
end
if aliveMs < nowMs or aliveMs > nowMs + 60000 then aliveMs = nowMs end
forgotMs = math.max(forgotMs, restartedMs, restoredMs)
local text = {}
for n, each in ipairs({forgotMs, restoredMs, aliveMs, restartedMs}) do text[n] = string.format('%.0f', each) end
redis.call('HSET', KEYS[1], 'runId', runId, 'forgotMs', text[1], 'restoredMs', text[2], 'aliveMs', text[3], 'restartedMs', text[4])
return text`,
  },
  // What time it is here, and by how much the fastest clock of all workers is ahead of it. A worker that has not said so
  // for twenty seconds is gone. -> {Unix ms, ms}
  perchClock: {
    numberOfKeys: 1,
    lua: `
local id, aheadMs = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local now = string.format('%.0f', nowMs)
if aheadMs ~= '' then
  redis.call('HSET', KEYS[1], id, aheadMs .. ' ' .. now)
  redis.call('PEXPIRE', KEYS[1], 60000)
end
local mostMs
local known = redis.call('HGETALL', KEYS[1])
for n = 1, #known, 2 do
  local itsMs, atMs = string.match(known[n + 1], '^(%S+) (%d+)$')
  if tonumber(atMs) < nowMs - 20000 then redis.call('HDEL', KEYS[1], known[n])
  else mostMs = math.max(mostMs or tonumber(itsMs), tonumber(itsMs)) end
end
return {now, string.format('%.0f', mostMs or 0)}`,
  },
  // No backup was restored: what is left is what a restart may have lost.
  perchTrust: {
    numberOfKeys: 1,
    lua: `
local restartedMs = redis.call('HGET', KEYS[1], 'restartedMs')
if restartedMs then redis.call('HSET', KEYS[1], 'forgotMs', restartedMs) end
return redis.call('HDEL', KEYS[1], 'restoredMs', 'doubtedAliveMs')`,
  },
  // Ends a lock that is still the caller's. -> 1 it was
  perchUnlock: {
    numberOfKeys: 1,
    lua: `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`,
  },
} as const;
