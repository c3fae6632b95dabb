import { z } from "zod";
import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import { errorCodes } from "../../install/errors/install-error.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { defineScript } from "../../redis/script.ts";

/** Number of rows answered as examples of a code or fault. */
const examplesMax = 2;

/** Lua: `countBits(key)`, how many bits a bitmap has, and the first of them. */
const countBitsLua = `
local function nextRow(key, from)
  while from % 8 ~= 0 do
    if redis.call('GETBIT', key, from) == 1 then return from end
    from = from + 1
  end
  return redis.call('BITPOS', key, 1, from / 8)
end
local function countBits(key)
  local count = redis.call('BITCOUNT', key)
  local rows, row = {}, -1
  for n = 1, math.min(count, ${examplesMax}) do
    row = nextRow(key, row + 1)
    rows[n] = row
  end
  return count, rows
end`;

/**
 * Counts the failed rows of a batch in one shard by their code, and answers code, count and the first rows as text for each.
 * Costs one BITCOUNT and a few lookups a code, whatever the size of the batch.
 */
export const countFailures = defineScript({
  name: "perchFailures",
  keys: ["batch"],
  answer: z.array(z.tuple([z.enum(errorCodes), z.number(), z.array(z.number())])),
  lua: `${countBitsLua}
local answer = {}
for _, code in ipairs(redis.call('SMEMBERS', batch .. ':codes')) do
  local count, rows = countBits(batch .. ':failed:' .. code)
  if count > 0 then table.insert(answer, {code, count, rows}) end
end
return answer`,
});

/** A fault of rejected rows: code, JSON Pointer and message. */
const faultSchema = z
  .string()
  .transform((text) => jsonOrUndefined(text))
  .pipe(z.tuple([z.enum(errorCodes), z.string(), z.string()]))
  .optional()
  .catch(undefined);

/**
 * Counts the rejected rows of a batch by their fault. Answers for each its number, what it is (undefined: any of those that
 * are not told apart), its count and the first rows.
 */
export const countFaults = defineScript({
  name: "perchFaults",
  keys: ["batch"],
  answer: z.array(z.tuple([z.coerce.number(), faultSchema, z.number(), z.array(z.number())])),
  lua: `${countBitsLua}
local faults, answer = redis.call('HGETALL', batch .. ':faults'), {}
for at = 1, #faults, 2 do
  local count, rows = countBits(batch .. ':fault:' .. faults[at + 1])
  if count > 0 then table.insert(answer, {faults[at + 1], faults[at], count, rows}) end
end
return answer`,
});

/** Adds up what `countFailures` answered of each shard: the most frequent code first. */
export const sumFailures = (
  shards: readonly Awaited<ReturnType<typeof countFailures>>[],
): readonly { readonly code: ErrorCode; readonly count: number; readonly rows: readonly number[] }[] =>
  [...Map.groupBy(shards.flat(), ([code]) => code)]
    .map(([code, parts]) => ({
      code,
      count: parts.reduce((sum, [, count]) => sum + count, 0),
      rows: parts
        .flatMap(([, , rows]) => rows)
        .sort((a, b) => a - b)
        .slice(0, examplesMax),
    }))
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
