/**
 * Lua: `takeEvent(channel, status, usable, at)` consumes what is known of a connector, false where there is nothing.
 * It reads the keys and arguments that come first in the scripts that use it. Consuming twice is safe: a run
 * killed right after finds the event again. A run that has lost its lock only reads: it cannot complete the
 * install, so the event must stay for the sweep. A cancelled install takes nothing.
 */
export const takeEventLua = `
local function takeEvent(channel, status, usable, at)
  local conn, arrived, logs, claim, lock, job = unpack(KEYS)
  local connectorId, ttlMs, entry, installId, token = unpack(ARGV)
  local isCancelled = redis.call('HEXISTS', job, 'cancelAt')
  local answer = {channel or '', status or '', usable or '', isCancelled, at or ''}
  if redis.call('GET', lock) ~= token then return answer end
  if isCancelled == 1 then
    redis.call('ZREM', arrived, connectorId)
    return answer
  end
  if not channel then return answer end
  if redis.call('ZREM', arrived, connectorId) == 1 then redis.call('RPUSH', logs, entry) end
  if usable == '1' then
    redis.call('PEXPIRE', conn, ttlMs)
    if string.match(redis.call('GET', claim) or '', '^%S+') == installId then redis.call('PEXPIRE', claim, ttlMs) end
  end
  return answer
end`;
