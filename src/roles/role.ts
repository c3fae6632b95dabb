import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import { createWriteProbe, type WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { RedisClient } from "../redis/client.ts";
import { closeRedis, connectRedis, type WhenAway } from "../redis/connection.ts";
import type { Traces } from "../traces/traces.ts";

/** A connection to Redis, and the probe that says whether Redis accepts writes over it. */
export interface RoleConnection {
  readonly client: RedisClient;
  readonly probe: WriteProbe;
}

/** What starting any role takes. */
export interface RoleDeps {
  readonly redisUrl: string;
  readonly keys: Keys;
  /** Default: the role opens one of its own. */
  readonly connection?: RoleConnection | undefined;
  /** Undefined: nothing is counted. */
  readonly metrics?: Metrics | undefined;
  /** Undefined: nothing is traced. */
  readonly traces?: Traces | undefined;
  readonly log: Logger;
  /** Closes what the role opened, the role first. */
  readonly opened: AsyncDisposableStack;
}

/** Workers and notifiers wait while Redis is unreachable; an HTTP service answers at once. */
const whenAway = {
  api: "fail",
  webhook: "fail",
  connect: "fail",
  worker: "wait",
  notifier: "wait",
} as const satisfies Record<string, WhenAway>;

/** Opens the connection of a role; `opened` closes it. */
export const connectRole = async (
  role: keyof typeof whenAway,
  { redisUrl, keys, opened }: Pick<RoleDeps, "redisUrl" | "keys" | "opened">,
): Promise<RoleConnection> => {
  const client = await connectRedis(redisUrl, { whenAway: whenAway[role], name: role });
  opened.defer(() => closeRedis(client));
  return { client, probe: createWriteProbe({ client, keys }) };
};
