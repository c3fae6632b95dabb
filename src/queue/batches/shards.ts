import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { renewId } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { countBatch, countedBits, countLua, failureKeys, faultKeys, lookLua, shardCounts } from "./counts.ts";

/** Row and record of each row to write; with an empty record the row's install is re-read. */
type RowTexts = readonly (readonly [row: number, record: string])[];

/** The part of a batch stored in shards other than the home shard. Empty with one shard. */
interface BatchShards {
  /**
   * Writes or re-reads the rows of each other shard, then counts all rows there.
   *
   * @returns `shardCounts` counts, summed over the shards, and the batch version they were taken at.
   */
  look(
    batchId: string,
    rows: (shard: Keys) => RowTexts,
    options: { readonly isReopening: boolean; readonly keptMs: number },
  ): Promise<{ readonly counts: readonly number[]; readonly version: string }>;
  /** Number of rows in each of `countedBits`. */
  counts(batchId: string): Promise<readonly number[]>;
  /** Copies the batch's state to the other shards, for their gates. */
  mirror(batchId: string, keptMs: number): Promise<void>;
}

/** Fields of a batch's hash that a gate reads. */
const mirrored = ["cancelledAt", "pausedAt", "isCanary"] as const;

/**
 * Does in another shard what `recountBatch` does in the home shard: writes or re-reads rows and counts all of the shard.
 * Answers what `countShard` returns.
 */
const recountShard = defineScript({
  name: "perchPart",
  keys: ["batch"],
  args: ["jobPrefix", "keptMs", "isClosed", "isCanary"],
  moreArgs: "rows",
  answer: z.array(z.number()),
  lua: `${countLua}${lookLua}
lookAtRows(batch, jobPrefix, keptMs, isClosed == '1', isCanary == '1', rows)
return countShard(batch, isCanary == '1')`,
});

/**
 * Copies the fields a gate reads to another shard, unless that shard has this version or a later one. `members` is name, value
 * (empty: none), name, …. Answers 1, or 0 when nothing was copied.
 */
const mirrorBatch = defineScript({
  name: "perchMirror",
  keys: ["batch"],
  args: ["version", "keptMs"],
  moreArgs: "members",
  answer: z.literal([0, 1]),
  lua: `
if tonumber(redis.call('HGET', batch, 'version') or '-1') >= tonumber(version) then return 0 end
redis.call('HSET', batch, 'version', version)
for n = 1, #members, 2 do
  if members[n + 1] == '' then redis.call('HDEL', batch, members[n])
  else redis.call('HSET', batch, members[n], members[n + 1]) end
end
redis.call('PEXPIRE', batch, keptMs)
return 1`,
});

export const createBatchShards = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): BatchShards => {
  const home = keys.home();
  const others = keys.shards.filter((shard) => shard !== home);

  return {
    look: async (batchId, rows, { isReopening, keptMs }) => {
      if (others.length === 0) return { counts: sum([], shardCounts), version: "" };
      const [version, finishedAt, isCanary] = await client.hmget(
        home.batch(batchId),
        ...["version", "finishedAt", "isCanary"],
      );
      const counts = await Promise.all(
        others.map((shard) =>
          recountShard(client, {
            batch: shard.batch(batchId),
            jobPrefix: shard.job(""),
            keptMs,
            isClosed: finishedAt != null && !isReopening ? 1 : 0,
            isCanary: isCanary == null ? 0 : 1,
            rows: rows(shard).flat(),
          }),
        ),
      );
      return { counts: sum(counts, shardCounts), version: version ?? "0" };
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

const sum = (counts: readonly (readonly number[])[], length: number): readonly number[] =>
  Array.from({ length }, (_, place) => counts.reduce((total, shard) => total + (shard[place] ?? 0), 0));

/** Suffixes of the keys of a batch, apart from its rows. */
const endings = [
  "",
  ...countedBits.map((name) => `:${name}`),
  ...[":rejects", ":groups", ":joined", ":canary", ":newestFailures", ":samples", ":lines", ":own"],
  ...failureKeys,
  ...faultKeys,
];

/** Row hashes renewed by one script call. */
const hashesAtOnce = 200;

/** Extends the expiry of the keys of a batch in one shard: those with these suffixes, and row hashes `first` to `last`. */
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

/** Extends the expiry of all keys of a batch, in every shard, and of its entry in the list of batches, to `keptMs` from now. */
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
  // A repeated import finds the batch by this key. Batches of older versions lack the field; their imports are over.
  const importKey = await client.hget(home.batch(batchId), "importKey");
  if (importKey !== null) await client.pexpire(home.batchImport(importKey), keptMs);
};
