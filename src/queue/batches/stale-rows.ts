import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { statusScores } from "../installs/statuses.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";

/** Open rows whose installs one step reads, in each shard. */
const looksMax = 250;
/** Rows one step passes over, in bytes of the bitmaps. */
const bytesMax = 1000;

/** Open rows whose recorded state is not that of their install. */
export interface StaleRows {
  readonly rows: readonly number[];
  /** Row to continue from; undefined after the last one. */
  readonly next: number | undefined;
}

/**
 * Compares open rows of a batch in one shard with their installs, from row `first` on, and writes nothing. Asks BullMQ's sets
 * about a hundred installs at a time, which takes a third of the time of reading each job.
 *
 * Answers the row to continue from, 0 after the last one, and the rows to recount: of installs that have ended or are gone,
 * and of those that wait for their channel and are counted as queued.
 */
const compareRows = defineScript({
  name: "perchStaleRows",
  keys: ["batch", "completed", "failed", "statuses"],
  args: ["jobPrefix", "first"],
  answer: z.tuple([z.number(), z.array(z.number())]),
  lua: `
first = tonumber(first)
local from, byte = math.floor(first / 8), string.byte
local function bytesOf(name)
  return redis.call('GETRANGE', batch .. ':' .. name, from, from + ${bytesMax - 1})
end
local accepted, attached, awaiting = bytesOf('accepted'), bytesOf('attached'), bytesOf('awaiting')
local ended = {bytesOf('completed'), bytesOf('failed'), bytesOf('cancelled')}
local length, looks, stale = math.max(#accepted, #attached), 0, {}
local rows, isQueued = {}, {}

local function compareHundred()
  if #rows == 0 then return end
  local records = {}
  local all = redis.call('HGETALL', batch .. ':rows:' .. math.floor(rows[1] / 100))
  for n = 1, #all, 2 do records[tonumber(all[n])] = all[n + 1] end
  local known, ids, jobs = {}, {}, {}
  for _, row in ipairs(rows) do
    if records[row] then
      local id = string.sub(records[row], 2, 27)
      table.insert(known, row)
      table.insert(ids, id)
      table.insert(jobs, jobPrefix .. id)
    end
  end
  rows = {}
  if #ids == 0 then return end
  local hasCompleted = redis.call('ZMSCORE', completed, unpack(ids))
  local hasFailed = redis.call('ZMSCORE', failed, unpack(ids))
  local marks = redis.call('ZMSCORE', statuses, unpack(ids))
  local isWhole = redis.call('EXISTS', unpack(jobs)) == #jobs
  for n, row in ipairs(known) do
    local isAwaiting = isQueued[row] and tonumber(marks[n] or 0) == ${statusScores.awaiting_channel}
    local isGone = not isWhole and redis.call('EXISTS', jobs[n]) == 0
    if hasCompleted[n] or hasFailed[n] or isAwaiting or isGone then table.insert(stale, row) end
  end
end

for at = 1, length do
  local open = bit.bor(byte(accepted, at) or 0, byte(attached, at) or 0)
  for _, bytes in ipairs(ended) do open = bit.band(open, bit.bnot(byte(bytes, at) or 0)) end
  for place = 0, open == 0 and -1 or 7 do
    local mask, row = bit.rshift(128, place), (from + at - 1) * 8 + place
    if row >= first and bit.band(open, mask) ~= 0 then
      if looks == ${looksMax} then
        compareHundred()
        return {row, stale}
      end
      looks = looks + 1
      if #rows > 0 and math.floor(rows[1] / 100) ~= math.floor(row / 100) then compareHundred() end
      table.insert(rows, row)
      isQueued[row] = bit.band(byte(awaiting, at) or 0, mask) == 0
    end
  end
end
compareHundred()
return {length == ${bytesMax} and (from + length) * 8 or 0, stale}`,
});

export const createFindStale =
  ({ client, keys }: { readonly client: RedisClient; readonly keys: Keys }) =>
  async (batchId: string, first: number): Promise<StaleRows> => {
    const found = await eachShard(keys, (shard) =>
      compareRows(client, {
        batch: shard.batch(batchId),
        completed: shard.installsIn("completed"),
        failed: shard.installsIn("failed"),
        statuses: shard.statuses,
        jobPrefix: shard.job(""),
        first,
      }),
    );
    const next = found.map(([row]) => row).filter((row) => row > 0);
    return {
      rows: found.flatMap(([, rows]) => rows),
      next: next.length === 0 ? undefined : Math.min(...next),
    };
  };
