import type { RedisClient } from "../redis/redis-client.ts";
import { countedBits, partCounts } from "./batch-counts.ts";
import type { Keys } from "./keys.ts";

/** Row and record of each row to write; an empty record looks at the row again. */
type RowTexts = readonly (readonly [row: number, record: string])[];

/** What batches keep in shards other than the home. With one shard there is nothing. */
export interface BatchParts {
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
          client.perchPart(
            shard.batch(batchId),
            shard.job(""),
            keptMs,
            finishedAt != null && !isReopening ? 1 : 0,
            isCanary == null ? 0 : 1,
            ...rows(shard).flat(),
          ),
        ),
      );
      return { counts: sum(counts, partCounts), version: version ?? "0" };
    },
    counts: async (batchId) =>
      sum(
        await Promise.all(others.map((shard) => client.perchCounts(shard.batch(batchId)))),
        countedBits.length,
      ),
    mirror: async (batchId, keptMs) => {
      if (others.length === 0) return;
      const [version, ...values] = await client.hmget(home.batch(batchId), "version", ...mirrored);
      const members = mirrored.flatMap((name, index) => [name, values[index] ?? ""]);
      await Promise.all(
        others.map((shard) => client.perchMirror(shard.batch(batchId), version ?? 0, keptMs, ...members)),
      );
    },
  };
};

const sum = (parts: readonly (readonly number[])[], length: number): readonly number[] =>
  Array.from({ length }, (_, place) => parts.reduce((total, part) => total + (part[place] ?? 0), 0));
