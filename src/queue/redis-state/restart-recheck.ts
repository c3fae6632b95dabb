import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import { recheckUntil } from "./restart-watch.ts";

/** Redis may hold a restored backup: since when that is noted, and until when numbers are looked for. Unix ms. */
interface Recheck {
  readonly sinceMs: number;
  readonly untilMs: number;
}

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

/** Finds the recheck period that lasts longest, of all shards; undefined when there is none. See `restart-watch.ts`. */
export const findRecheck = async ({ client, keys }: Deps, nowMs: number): Promise<Recheck | undefined> => {
  const noted = await eachShard(keys, ({ server }) => client.hget(server, "restoredMs"));
  const sinceMs = Math.max(...noted.map(Number));
  const untilMs = recheckUntil(sinceMs);
  return untilMs > nowMs ? { sinceMs, untilMs } : undefined;
};

/** Clears the suspicion of a restored backup; what a restart may have lost stays. Answers how many fields are gone. */
const perchTrust = defineScript({
  name: "perchTrust",
  keys: ["server"],
  answer: z.number(),
  lua: `
local restartedMs = redis.call('HGET', server, 'restartedMs')
if restartedMs then redis.call('HSET', server, 'forgotMs', restartedMs) end
return redis.call('HDEL', server, 'restoredMs', 'doubtedAliveMs')`,
});

/**
 * Ends the recheck period, for an operator who knows that no backup was restored. Workers follow with their next
 * heartbeat. What a restart itself may have lost, depending on Redis's persistence, is still looked for.
 */
export const endRecheck = async ({ client, keys }: Deps): Promise<void> => {
  await eachShard(keys, ({ server }) => perchTrust(client, { server }));
};

/**
 * This server goes on with the very data that the server of the given run id left. Only where that is the one the data
 * know of: another may have held them, unseen by any worker, since then.
 */
const perchContinue = defineScript({
  name: "perchContinue",
  keys: ["server"],
  args: ["leftBy"],
  answer: z.enum(["continued", "other"]),
  lua: `
if redis.call('HGET', server, 'runId') ~= leftBy then return 'other' end
redis.call('HSET', server, 'runId', string.match(redis.call('INFO', 'server'), 'run_id:(%w+)'))
return 'continued'`,
});

/**
 * Prevents the suspicion of a restored backup, with proof from outside the data that it holds what the server of that run id left when it
 * ended cleanly (`embedded-redis/clean-stop.ts`).
 */
export const continueRun = async ({ client, keys }: Deps, runId: string): Promise<void> => {
  await eachShard(keys, ({ server }) => perchContinue(client, { server, leftBy: runId }));
};
