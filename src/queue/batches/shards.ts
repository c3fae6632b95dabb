import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { renewId } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { countBatch, countedBits, countLua, lookLua, partCounts } from "./counts.ts";

/** Row and record of each row to write; an empty record looks at the row again. */
type RowTexts = readonly (readonly [row: number, record: string])[];

/** What batches keep in shards other than the home. With one shard there is nothing. */
interface BatchParts {
  /**
   * Writes or looks at the rows of each other shard, then counts them all.
   *
   * @returns the counts of `partCounts`, together, and the version of the batch they hold for.
   */
  look(
    batchId: string,
    rows: (shard: Keys) => RowTexts,
    options: { readonly isReopening: boolean; readonly keptMs: number },
  ): Promise<{ readonly counts: readonly number[]; readonly version: string }>;
  /** How many rows have each of `countedBits`. */
  counts(batchId: string): Promise<readonly number[]>;
  /** Tells the gates of other shards what was decided. */
  mirror(batchId: string, keptMs: number): Promise<void>;
}

/** Members of a batch's hash that a gate asks for. */
const mirrored = ["cancelledAt", "pausedAt", "isCanary"] as const;

/**
 * Writes or looks at rows whose installs are in a shard other than the home, as `tallyBatch` does in the home, and
 * counts all of that shard. Answers what `countPart` does.
 */
const lookAtPart = defineScript({
  name: "perchPart",
  keys: ["batch"],
  args: ["jobPrefix", "keptMs", "isClosed", "isCanary"],
  moreArgs: "rows",
  answer: z.array(z.number()),
  lua: `${countLua}${lookLua}
lookAtRows(batch, jobPrefix, keptMs, isClosed == '1', isCanary == '1', rows)
return countPart(batch)`,
});

/**
 * Copies to another shard what the gate asks of a batch, unless that shard knows a later version. `members` is a name,
 * its value (empty: none), the next name and so on. Answers 1, or 0 when nothing was copied.
 */
const mirrorBatch = defineScript({
  name: "perchMirror",
  keys: ["batch"],
  args: ["version", "keptMs"],
  moreArgs: "members",
  answer: z.literal([0, 1]),
  lua: `
if tonumber(redis.call('HGET', batch, 'version') or '-1') > tonumber(version) then return 0 end
redis.call('HSET', batch, 'version', version)
for n = 1, #members, 2 do
  if members[n + 1] == '' then redis.call('HDEL', batch, members[n])
  else redis.call('HSET', batch, members[n], members[n + 1]) end
end
redis.call('PEXPIRE', batch, keptMs)
return 1`,
});

export const createBatchParts = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): BatchParts => {
  const home = keys.home();
  const others = keys.shards.filter((shard) => shard !== home);

  return {
    look: async (batchId, rows, { isReopening, keptMs }) => {
      if (others.length === 0) return { counts: sum([], partCounts), version: "" };
      const [version, finishedAt, isCanary] = await client.hmget(
        home.batch(batchId),
        ...["version", "finishedAt", "isCanary"],
      );
      const counts = await Promise.all(
        others.map((shard) =>
          lookAtPart(client, {
            batch: shard.batch(batchId),
            jobPrefix: shard.job(""),
            keptMs,
            isClosed: finishedAt != null && !isReopening ? 1 : 0,
            isCanary: isCanary == null ? 0 : 1,
            rows: rows(shard).flat(),
          }),
        ),
      );
      return { counts: sum(counts, partCounts), version: version ?? "0" };
    },
    counts: async (batchId) =>
      sum(
        await Promise.all(others.map((shard) => countBatch(client, { batch: shard.batch(batchId) }))),
        countedBits.length,
      ),
    mirror: async (batchId, keptMs) => {
      if (others.length === 0) return;
      const [version, ...values] = await client.hmget(home.batch(batchId), "version", ...mirrored);
      const members = mirrored.flatMap((name, index) => [name, values[index] ?? ""]);
      await Promise.all(
        others.map((shard) =>
          mirrorBatch(client, { batch: shard.batch(batchId), version: version ?? 0, keptMs, members }),
        ),
      );
    },
  };
};

const sum = (parts: readonly (readonly number[])[], length: number): readonly number[] =>
  Array.from({ length }, (_, place) => parts.reduce((total, part) => total + (part[place] ?? 0), 0));

/** What every batch has beside its rows, by the endings of its keys. */
const endings = [
  "",
  ...countedBits.map((name) => `:${name}`),
  ...[":rejects", ":groups", ":joined", ":canary", ":newestFailures", ":samples"],
];

/** Hashes of a hundred rows each, renewed in one script. */
const hashesAtOnce = 500;

/** Prolongs the keys of a batch in one shard: those with these endings, and its hashes of rows from `first` to `last`. */
const renewKeys = defineScript({
  name: "perchRenewBatch",
  keys: ["batch"],
  args: ["keptMs", "first", "last"],
  moreArgs: "endings",
  answer: z.null(),
  lua: `
for n = first, last do redis.call('PEXPIRE', batch .. ':rows:' .. string.format('%.0f', n), keptMs) end
for _, ending in ipairs(endings) do redis.call('PEXPIRE', batch .. ending, keptMs) end`,
});

/** Keeps all that a batch has, in every shard, for another `keptMs`, and the batch itself in the list of batches. */
export const renewBatch = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  { batchId, rows, keptMs }: { readonly batchId: string; readonly rows: number; readonly keptMs: number },
): Promise<void> => {
  const lastHash = Math.floor(rows / 100);
  for (const shard of keys.shards) {
    for (let first = 0; first <= lastHash; first += hashesAtOnce) {
      const last = Math.min(first + hashesAtOnce - 1, lastHash);
      await renewKeys(client, { batch: shard.batch(batchId), keptMs, first, last, endings });
    }
  }
  const home = keys.home();
  await renewId(client, { set: home.batches, id: batchId, keptMs });
  // What a repeat of its import finds it by. Batches of before have no such field: their imports are long over.
  const importKey = await client.hget(home.batch(batchId), "importKey");
  if (importKey !== null) await client.pexpire(home.batchImport(importKey), keptMs);
};
