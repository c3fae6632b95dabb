import { z } from "zod";
import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import { errorCodes } from "../../install/errors/install-error.ts";
import { defineScript } from "../../redis/script.ts";

/** States of a row, each a bitmap by row number. Rows in none of them are `queued`. */
const rowStates = ["awaiting", "completed", "failed", "cancelled"] as const;

/** Bitmaps of a batch, in the order of the counts that scripts answer. */
export const countedBits = ["accepted", "attached", "rejected", ...rowStates] as const;

/** Number of latest failed rows kept in each shard. */
export const failuresMax = 20;

/** Lua: `count(batch)`, the bits of each of `countedBits` in one shard. */
export const countLua = `
local counted = {${countedBits.map((name) => `'${name}'`).join(", ")}}
local function count(batch)
  local counts = {}
  for n, name in ipairs(counted) do counts[n] = redis.call('BITCOUNT', batch .. ':' .. name) end
  return counts
end`;

/** Counts the rows of a batch in one shard: how many bits each of `countedBits` has. */
export const countBatch = defineScript({
  name: "perchCounts",
  keys: ["batch"],
  answer: z.array(z.number()),
  lua: `${countLua}
return count(batch)`,
});

/** Codes a failed row can have; `cancelled` is a state of its own. */
const failureCodes = errorCodes.filter((code) => code !== "cancelled");

/** The key of a batch, behind its own, of the bitmap of rows that failed with a code. */
export const failedWith = (code: ErrorCode): string => `:failed:${code}`;

/** Suffixes of a batch's keys about the codes of its failures. */
export const failureKeys = [":codes", ...failureCodes.map(failedWith)];

/** Faults of rejected rows that a batch tells apart; the rows of all others are in a bitmap of their own, number 0. */
const faultsMax = 40;

/** The key of a batch, behind its own, of the bitmap of rows rejected for a fault. */
export const rejectedFor = (fault: number): string => `:fault:${fault}`;

/** Suffixes of a batch's keys about the faults of its rejected rows. */
export const faultKeys = [
  ":faults",
  ...Array.from({ length: faultsMax + 1 }, (_, fault) => rejectedFor(fault)),
];

/** Length of `countShard`'s answer: one count for each of `countedBits`, the canary's size, and its ended rows. */
export const shardCounts = countedBits.length + 2;

/** What a shard is sent for a row that is now recorded in another one: it forgets what it had recorded of it. */
export const elsewhere = "-";

/**
 * The code of a failure is what the reason of the failed job begins with; what BullMQ itself fails is `internal`.
 *
 * Lua, after `countLua`: `lookAtRows(batch, jobPrefix, keptMs, isClosed, isCanary, rows)`, with `rows` as row, record, row,
 * …, and `countShard(batch, isCanary)`, which counts the canary only while the others wait for it. In a closed batch an ended row
 * does not reopen. Bits are read 4096 at a time, and only those that change are written: a write costs Redis as much as reading
 * a page of them, and takes space in the append-only file.
 */
export const lookLua = `
local isCode = {${failureCodes.map((code) => `${code} = true`).join(", ")}}
local pagesOf = {}
local function bitOf(key, row)
  local at = math.floor(row / 8)
  local number = math.floor(at / 512)
  local pages = pagesOf[key] or {}
  pagesOf[key] = pages
  local page = pages[number]
  if not page then
    page = {bytes = redis.call('GETRANGE', key, number * 512, number * 512 + 511), written = {}}
    pages[number] = page
  end
  local byte = string.byte(page.bytes, at % 512 + 1) or 0
  return page.written[row] or bit.band(bit.rshift(byte, 7 - row % 8), 1), page
end
local function setBit(key, row, value)
  local was, page = bitOf(key, row)
  if was ~= value then
    redis.call('SETBIT', key, row, value)
    page.written[row] = value
  end
  return was
end
local function hasEnded(batch, row)
  for n = 5, 7 do
    if bitOf(batch .. ':' .. counted[n], row) == 1 then return true end
  end
  return false
end
local function countShard(batch, isCanary)
  local counts = count(batch)
  local canary, ended = isCanary and redis.call('SMEMBERS', batch .. ':canary') or {}, 0
  for _, row in ipairs(canary) do
    if hasEnded(batch, tonumber(row)) then ended = ended + 1 end
  end
  table.insert(counts, #canary)
  table.insert(counts, ended)
  return counts
end
local function stateOf(job)
  local seen = redis.call('HMGET', job, 'timestamp', 'finishedOn', 'returnvalue', 'failedReason', 'bound')
  if not seen[1] then return 'gone', 0 end
  if not seen[2] then return seen[5] and 'awaiting' or 'queued' end
  if seen[3] then return 'completed' end
  local code = string.match(seen[4] or '', '^([a-z_]+):') or ''
  if code == 'cancelled' then return code, seen[2] end
  return 'failed', seen[2], isCode[code] and code or 'internal'
end
local function writeCode(batch, row, code)
  if code then redis.call('SADD', batch .. ':codes', code) end
  for _, each in ipairs(redis.call('SMEMBERS', batch .. ':codes')) do
    setBit(batch .. ':failed:' .. each, row, each == code and 1 or 0)
  end
end
local function writeFaults(batch, row, record)
  local faults = batch .. ':faults'
  local isRead, reject = pcall(cjson.decode, record)
  for _, fault in ipairs(isRead and reject.errors or {}) do
    local message = string.gsub(fault.message, 'install [0-9A-Z]+', 'another install')
    local name = cjson.encode({reject.code or 'invalid_request', fault.path, message})
    local number = redis.call('HGET', faults, name)
    if not number then
      number = redis.call('HLEN', faults) + 1
      if number > ${faultsMax} then name, number = '', 0 end
      redis.call('HSET', faults, name, number)
    end
    setBit(batch .. ':fault:' .. number, row, 1)
  end
end
local function lookAtRows(batch, jobPrefix, keptMs, isClosed, isCanary, rows)
  local function look(row, record)
    local job = jobPrefix .. string.sub(record, 2, 27)
    local state, endMs, code = stateOf(job)
    if state == 'gone' then
      if hasEnded(batch, row) then return end
      state = 'failed'
    end
    if isClosed and (state == 'awaiting' or state == 'queued') then return end
    local wasFailed = 0
    for n = 4, 7 do
      local was = setBit(batch .. ':' .. counted[n], row, counted[n] == state and 1 or 0)
      if counted[n] == 'failed' then wasFailed = was end
    end
    if state == 'failed' or wasFailed == 1 then writeCode(batch, row, code) end
    if state == 'failed' then
      redis.call('ZADD', batch .. ':newestFailures', endMs, row)
      redis.call('ZREMRANGEBYRANK', batch .. ':newestFailures', 0, -${failuresMax + 1})
    elseif wasFailed == 1 then
      redis.call('ZREM', batch .. ':newestFailures', row)
    end
    if isCanary and string.find(redis.call('HGET', job, 'data') or '', '"canary":true', 1, true) then
      redis.call('SADD', batch .. ':canary', row)
    end
  end
  local joinedRows = batch .. ':joined'
  local hasJoined = redis.call('EXISTS', joinedRows) == 1
  local renewed = {}
  local function forget(row, hash)
    if bitOf(batch .. ':rejected', row) == 1 then
      for _, number in ipairs(redis.call('HVALS', batch .. ':faults')) do setBit(batch .. ':fault:' .. number, row, 0) end
    end
    for _, name in ipairs(counted) do setBit(batch .. ':' .. name, row, 0) end
    redis.call('HDEL', hash, row)
    redis.call('HDEL', batch .. ':rejects', row)
    redis.call('SREM', batch .. ':canary', row)
    redis.call('ZREM', batch .. ':newestFailures', row)
    writeCode(batch, row)
  end
  local function write(row, record)
    local kind = string.sub(record, 1, 1)
    local hash = batch .. ':rows:' .. math.floor(row / 100)
    local isKnown = false
    for n = 1, 3 do isKnown = isKnown or bitOf(batch .. ':' .. counted[n], row) == 1 end
    if isKnown and redis.call('HGET', hash, row) ~= record then forget(row, hash) end
    if record == '${elsewhere}' then return end
    setBit(batch .. ':accepted', row, kind == '+' and 1 or 0)
    setBit(batch .. ':attached', row, kind == '=' and 1 or 0)
    setBit(batch .. ':rejected', row, kind == '{' and 1 or 0)
    if kind == '{' then
      redis.call('HSET', batch .. ':rejects', row, record)
      writeFaults(batch, row, record)
      return
    end
    redis.call('HSET', hash, row, record)
    if kind == '=' then
      local id = string.sub(record, 2, 27)
      local joined = redis.call('HGET', joinedRows, id)
      if not joined or #joined < 200 then
        redis.call('HSET', joinedRows, id, joined and joined .. ' ' .. row or row)
      end
      hasJoined = true
    end
    if not renewed[hash] then redis.call('PEXPIRE', hash, keptMs) end
    renewed[hash] = true
  end
  for n = 1, #rows, 2 do
    local row, record = tonumber(rows[n]), rows[n + 1]
    if record ~= '' then write(row, record)
    else record = redis.call('HGET', batch .. ':rows:' .. math.floor(row / 100), row) end
    local kind = string.sub(record or '{', 1, 1)
    if kind == '+' or kind == '=' then look(row, record) end
    if kind == '+' and hasJoined then
      local joined = redis.call('HGET', joinedRows, string.sub(record, 2, 27)) or ''
      for each in string.gmatch(joined, '%d+') do
        local its = redis.call('HGET', batch .. ':rows:' .. math.floor(each / 100), each) or ''
        if string.sub(its, 1, 27) == '=' .. string.sub(record, 2, 27) then look(tonumber(each), its) end
      end
    end
  end
  for _, name in ipairs(counted) do redis.call('PEXPIRE', batch .. ':' .. name, keptMs) end
  for _, name in ipairs({'rejects', 'joined', 'canary', 'newestFailures', 'lines', 'own', 'codes', 'faults'}) do redis.call('PEXPIRE', batch .. ':' .. name, keptMs) end
  for _, number in ipairs(redis.call('HVALS', batch .. ':faults')) do redis.call('PEXPIRE', batch .. ':fault:' .. number, keptMs) end
  for _, code in ipairs(redis.call('SMEMBERS', batch .. ':codes')) do redis.call('PEXPIRE', batch .. ':failed:' .. code, keptMs) end
end`;
