import type { Keys } from "../../queue/keyspace/keys.ts";
import type { Matching } from "../../queue/matching/matching.ts";
import type { RedisClient } from "../../redis/client.ts";

const leftBehindDefaultMs = 5000;
const sweepMax = 1000;

export interface SweepResult {
  readonly seen: number;
  readonly woken: number;
  readonly dropped: number;
}

/**
 * Finishes what a killed process left half done: every event that is stored but not consumed either wakes
 * its install, heals it, or is dropped because the install has ended; what that does not show, its timeline says.
 * Events whose install is gone become unmatched, so that a person can see them.
 */
export const createSweep = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly matching: Matching;
  readonly retentionMs: number;
  /** An event this old that nobody has taken was left behind by a killed process. Default 5 s. */
  readonly leftBehindMs?: number;
  readonly now: () => number;
}) => {
  const { client, keys, matching, now, leftBehindMs = leftBehindDefaultMs } = deps;

  /** One that cannot be swept waits for another sweep, and keeps none of the others from its turn. */
  const sweepOrPutOff = async (shard: Keys, connectorId: string): Promise<keyof SweepResult> => {
    try {
      return await sweepOne(shard, connectorId);
    } catch {
      await client.zadd(shard.arrived, "XX", now() + leftBehindMs, connectorId);
      return "seen";
    }
  };

  const sweepOne = async (shard: Keys, connectorId: string): Promise<keyof SweepResult> => {
    const installId = await client.hget(shard.connector(connectorId), "job");
    if (installId === null) return strand(shard, connectorId);
    switch (await matching.wake(installId, { eventOf: connectorId })) {
      case "woken":
      case "healed":
        return "woken";
      case "busy":
        await client.zadd(shard.arrived, "XX", now() + leftBehindMs, connectorId);
        return "seen";
      case "gone":
      case "not_owner":
        return strand(shard, connectorId);
      case "failed":
      case "completed":
      case "cancelled":
        await matching.leaveUnused(installId, connectorId);
        return "dropped";
    }
  };

  const strand = async (shard: Keys, connectorId: string): Promise<"dropped"> => {
    await matching.strand(shard, connectorId);
    return "dropped";
  };

  const sweepShard = async (shard: Keys): Promise<readonly (keyof SweepResult)[]> => {
    const nowMs = now();
    const ids = await client.zrangebyscore(shard.arrived, "-inf", nowMs - leftBehindMs, "LIMIT", 0, sweepMax);
    const results = await Promise.all(ids.map((id) => sweepOrPutOff(shard, id)));
    await client.zremrangebyscore(shard.unmatched, "-inf", nowMs - deps.retentionMs);
    return results;
  };

  return async (): Promise<SweepResult> => {
    const results = (await Promise.all(keys.shards.map(sweepShard))).flat();
    const count = (kind: keyof SweepResult) => results.filter((result) => result === kind).length;
    return { seen: results.length, woken: count("woken"), dropped: count("dropped") };
  };
};
