import { startAdmin } from "../metrics/admin-server.ts";
import { createMetrics, type Metrics } from "../metrics/metrics.ts";
import { createShardsWatch } from "../queue/keyspace/shards-watch.ts";
import { createReadFleet } from "../queue/maintenance/fleet-state.ts";
import { createReadinessLog } from "../queue/redis-state/readiness-log.ts";
import { listenOrExplain } from "./listen-or-explain.ts";
import type { RoleConnection, RoleDeps } from "./role.ts";

/**
 * Opens the metrics of a process; `opened` closes them.
 *
 * @param options.readsFleet Whether the state of the fleet is in them, which the process's Redis user must be allowed to read.
 * @param options.hasProcess See `createMetrics`.
 */
export const openMetrics = (
  { keys, opened, connection }: Pick<RoleDeps, "keys" | "opened"> & { readonly connection: RoleConnection },
  {
    readsFleet,
    ...options
  }: { readonly version: string; readonly readsFleet: boolean; readonly hasProcess?: boolean },
): Metrics => {
  const { client } = connection;
  const metrics = createMetrics({
    ...connection,
    ...options,
    ...(readsFleet && { readFleet: createReadFleet({ client, keys }) }),
  });
  opened.defer(async () => metrics.close());
  return metrics;
};

/**
 * Serves metrics and probes of a process without an API; `opened` closes the server.
 *
 * @param options.isRunning Whether the process does its work; default: always.
 * @returns where it listens.
 */
export const openAdmin = async (
  deps: Pick<RoleDeps, "keys" | "opened" | "log"> & {
    readonly connection: RoleConnection;
    readonly metrics: Metrics;
  },
  options: {
    readonly service: Parameters<typeof createReadinessLog>[1];
    readonly setting: Parameters<typeof listenOrExplain>[0];
    readonly host: string;
    readonly port: number;
    readonly isRunning?: () => boolean;
  },
): Promise<string> => {
  const { keys, opened, metrics } = deps;
  const { client, probe } = deps.connection;
  const { service, setting, host, isRunning = () => true } = options;
  const shards = createShardsWatch({ client, keys });
  const note = createReadinessLog(deps.log, service);
  const admin = await listenOrExplain(setting, options.port, (port) =>
    startAdmin({
      host,
      port,
      expose: metrics.expose,
      obstacle: async () => {
        const reason = (await probe())?.kind ?? (isRunning() ? await shards.obstacle() : "stopped");
        note(reason);
        return reason;
      },
    }),
  );
  opened.defer(admin.close);
  return admin.url;
};
