import type { RedisClient } from "../redis/redis-client.ts";
import { doubtUntil } from "./doubt-until.ts";
import type { Keys } from "./keys.ts";

/** Redis may hold a restored backup: since when that is noted, and until when numbers are looked for. Unix ms. */
export interface RestartDoubt {
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

/** Reads the doubt that lasts longest, of all shards; undefined when there is none. See `restart-watch.ts`. */
export const findDoubt = async ({ client, keys }: Deps, nowMs: number): Promise<RestartDoubt | undefined> => {
  const noted = await Promise.all(keys.shards.map(({ server }) => client.hget(server, "restoredMs")));
  const sinceMs = Math.max(...noted.map(Number));
  const untilMs = doubtUntil(sinceMs);
  return untilMs > nowMs ? { sinceMs, untilMs } : undefined;
};

/**
 * Ends the doubt, for a person who knows that no backup was restored. Workers follow with their next beat. What a
 * restart itself may have lost, because of how Redis writes to its disk, is still looked for.
 */
export const endDoubt = async ({ client, keys }: Deps): Promise<void> => {
  await Promise.all(keys.shards.map(({ server }) => client.perchTrust(server)));
};
