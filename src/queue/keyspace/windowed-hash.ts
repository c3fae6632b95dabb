/**
 * Lua: `setWindowed(key, field, value, keptMs)`, for a hash that belongs to one window of time and so is written only
 * until the window's end. It expires `keptMs` after its first write: one more field, with an empty name, tells by HSET's
 * answer whether the hash is new, which costs no command of its own.
 */
export const setWindowedLua = `
local function setWindowed(key, field, value, keptMs)
  if redis.call('HSET', key, field, value, '', '') == 2 then redis.call('PEXPIRE', key, keptMs) end
end`;
