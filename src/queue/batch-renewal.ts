import type { RedisClient } from "../redis/redis-client.ts";
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

/** Keeps all that a batch has, in every shard, for another `keptMs`, and the batch itself in the list of batches. */
export const renewBatch = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  { batchId, rows, keptMs }: { readonly batchId: string; readonly rows: number; readonly keptMs: number },
): Promise<void> => {
  const lastHash = Math.floor(rows / 100);
  for (const shard of keys.shards) {
    for (let first = 0; first <= lastHash; first += hashesAtOnce) {
      const last = Math.min(first + hashesAtOnce - 1, lastHash);
      await client.perchRenewBatch(shard.batch(batchId), keptMs, first, last, ...endings);
    }
  }
  await renewId(client, { set: keys.home().batches, id: batchId, keptMs });
};
