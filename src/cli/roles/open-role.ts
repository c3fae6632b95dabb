import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { createMetrics } from "../../metrics/metrics.ts";
import { useShards } from "../../queue/keyspace/shard-users.ts";
import { createReadFleet } from "../../queue/maintenance/fleet-state.ts";
import { createWriteProbe } from "../../queue/maintenance/write-probe.ts";
import { closeRedis, connectRedis, type WhenAway } from "../../redis/connection.ts";
import { openRedis } from "../open/open-redis.ts";
import { openTraces } from "../open/open-traces.ts";

/** What the command of a role is given. */
export interface RoleDeps {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
  readonly version: string;
}

/**
 * Opens what every role has that runs in a process of its own: traces, Redis, its connection and its metrics.
 *
 * @param opened Closes it.
 * @param role.readsFleet Its metrics tell of the fleet; its Redis user may read what that takes.
 */
export const openRole = async (
  opened: AsyncDisposableStack,
  deps: RoleDeps,
  role: {
    readonly name: "api" | "worker" | "webhook";
    readonly whenAway: WhenAway;
    readonly readsFleet: boolean;
  },
) => {
  const { name, whenAway, readsFleet } = role;
  const traces = await openTraces({ ...deps, role: `perch-${name}` });
  opened.defer(async () => traces?.close());
  const redis = await openRedis({ ...deps, shards: "register" });
  opened.defer(redis.close);
  const { keys } = redis;
  const client = await connectRedis(redis.url, { whenAway, name });
  opened.defer(() => closeRedis(client));
  const probe = createWriteProbe({ client, keys });
  const metrics = createMetrics({
    version: deps.version,
    client,
    probe,
    ...(readsFleet && { readFleet: createReadFleet({ client, keys }) }),
  });
  opened.defer(async () => metrics.close());
  opened.defer(useShards({ client, keys, role: name }).stop);
  return { traces, redis, keys, client, probe, metrics };
};
