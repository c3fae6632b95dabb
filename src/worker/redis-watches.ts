import { randomUUID } from "node:crypto";
import type { Logger } from "../log.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import { recordSealingKeys } from "../queue/maintenance/fleet-keys.ts";
import { startRedisClock } from "../queue/redis-state/redis-clock.ts";
import { createRedisWatch } from "../queue/redis-state/redis-watch.ts";
import { createRestartWatch, keepHeartbeat } from "../queue/redis-state/restart-watch.ts";
import type { WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import type { RedisClient } from "../redis/client.ts";
import { refusalsOf } from "../redis/wait-out-refusals.ts";

/**
 * Starts what a worker watches Redis with: what it refuses, its time, and whether it was restarted. Resolves once the
 * server is known, so an install that is taken afterwards cannot be older than it.
 */
export const startRedisWatches = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly seal: Seal;
  readonly log: Logger;
}) => {
  const { client, keys, probe, log } = deps;
  // First of all: what follows waits as long as Redis refuses it.
  const watch = createRedisWatch({ probe, log });
  const refusals = refusalsOf(client);
  const stopListening = refusals?.onRefused(watch.refused);
  const clock = await startRedisClock({ client, keys, id: randomUUID() });
  const restarts = createRestartWatch({
    client,
    keys,
    now: clock.now,
    onRestoreSuspected: (restoredMs) => logRecheck(log, restoredMs),
  });
  const fingerprints = deps.seal.keys.map(({ fingerprint }) => fingerprint);
  const heartbeat = async (): Promise<void> => {
    await restarts.heartbeat();
    await recordSealingKeys(deps, fingerprints);
  };
  await heartbeat();
  const stopHeartbeat = keepHeartbeat(heartbeat);
  return {
    clock,
    restarts,
    /** Call with errors of BullMQ's workers. */
    failed: watch.failed,
    /** Whatever waits for Redis to accept it fails now. */
    endWaiting: () => refusals?.endWaiting(),
    close: async (): Promise<void> => {
      stopHeartbeat();
      await clock.close();
      refusals?.endWaiting();
      stopListening?.();
      watch.close();
    },
  };
};

const logRecheck = (log: Logger, restoredMs: number): void => {
  if (restoredMs === 0) log.warn("the doubt about a restored backup is over");
  else
    log.warn(
      { since: new Date(restoredMs).toISOString() },
      "Redis may hold a restored backup: numbers are looked for before their create; see perch doctor",
    );
};
