import { eachShard, type Keys } from "../../queue/keyspace/keys.ts";
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
 * Completes what a killed process left unfinished: each event that is stored and not consumed wakes or heals its install,
 * or is dropped when the install has ended, with an entry in its timeline if the install shows another channel. Events
 * whose install does not exist become unmatched, so that an operator sees them.
 */
export const createSweep = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly matching: Matching;
  readonly retentionMs: number;
  /** Age from which an unconsumed event counts as left by a killed process, ms. Default 5000. */
  readonly leftBehindMs?: number;
  readonly now: () => number;
}) => {
  const { client, keys, matching, now, leftBehindMs = leftBehindDefaultMs } = deps;

  /** Postpones an event that cannot be swept to a later sweep, so that it does not prevent the sweep of others. */
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
    if (installId === null) return markUnmatched(shard, connectorId);
    switch (await matching.wake(installId, { eventOf: connectorId })) {
      case "woken":
      case "healed":
        return "woken";
      case "busy":
        await client.zadd(shard.arrived, "XX", now() + leftBehindMs, connectorId);
        return "seen";
      case "gone":
      case "not_owner":
        return markUnmatched(shard, connectorId);
      case "failed":
      case "completed":
      case "cancelled":
        await matching.leaveUnused(installId, connectorId);
        return "dropped";
    }
  };

  const markUnmatched = async (shard: Keys, connectorId: string): Promise<"dropped"> => {
    await matching.markUnmatched(shard, connectorId);
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
    const results = (await eachShard(keys, sweepShard)).flat();
    const count = (kind: keyof SweepResult) => results.filter((result) => result === kind).length;
    return { seen: results.length, woken: count("woken"), dropped: count("dropped") };
  };
};
