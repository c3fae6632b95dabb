import type { Keys } from "../queue/keyspace/keys.ts";
import { registerShardCount } from "../queue/keyspace/shard-number.ts";
import { canFleetOpen } from "../queue/maintenance/fleet-keys.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import type { RedisClient } from "../redis/client.ts";
import { SealingKeysError } from "./facade.ts";

/**
 * Compares a producer that enqueues with the rest of the fleet, before it enqueues, and registers its shards.
 *
 * @throws {ShardsError} more shards are in use than it knows of.
 * @throws {SealingKeysError} workers run or ran, and none has its first key.
 */
export const joinFleet = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Seal;
}): Promise<void> => {
  const [first] = deps.seal.keys;
  if (!(await canFleetOpen(deps, first.fingerprint))) throw new SealingKeysError(first.kid);
  await registerShardCount(deps);
};
