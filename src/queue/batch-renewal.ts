import { z } from "zod";
import type { RedisClient } from "../redis/redis-client.ts";
import { defineScript } from "../redis/script.ts";
import { countedBits } from "./batch-counts.ts";
import { renewId } from "./id-leaves.ts";
import type { Keys } from "./keys.ts";

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
