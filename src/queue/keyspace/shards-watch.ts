import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "./keys.ts";
import { readShardNumber } from "./shard-number.ts";
import { ShardsError } from "./shards.ts";

/** How long what was read is believed. */
const youngMs = 1000;

interface ShardsWatch {
  /** @throws {ShardsError} the fleet has more shards than this process knows of. */
  check(): Promise<void>;
  /** Why the process is not ready, in a word; undefined while it knows of all. */
  obstacle(): Promise<"too_few_shards" | undefined>;
}

/**
 * Says whether this process knows of all shards, as of a second ago: one that does not would answer from a part of the
 * installs. While Redis is unreachable it reports nothing; the next command fails by itself.
 */
export const createShardsWatch = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): ShardsWatch => {
  let last: { readonly atMs: number; readonly number: Promise<number> } | undefined;
  const read = (): Promise<number> => {
    const atMs = performance.now();
    if (last === undefined || atMs - last.atMs > youngMs)
      last = { atMs, number: readShardNumber(deps).catch(() => 1) };
    return last.number;
  };
  const { length } = deps.keys.shards;
  return {
    check: async () => {
      const number = await read();
      if (number > length) throw new ShardsError(number);
    },
    obstacle: async () => ((await read()) > length ? "too_few_shards" : undefined),
  };
};
