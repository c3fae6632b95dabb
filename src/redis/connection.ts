import { Cluster, Redis } from "ioredis";
import type { RedisClient } from "./client.ts";
import { RedisConnectError, redisFaultOf } from "./errors.ts";
import { nameRefusals } from "./name-refusals.ts";
import { parseRedisUrl, type ServerAccess } from "./url.ts";
import { waitOutRefusals } from "./wait-out-refusals.ts";

/**
 * How a connection behaves while Redis is unreachable, full, a replica or loading. `wait`: commands wait until Redis
 * accepts them (workers). `fail`: they reject at once, so that an HTTP caller gets 503 (RFC 9110 15.6.4).
 */
export type WhenAway = "wait" | "fail";

const whenAwayOptions = {
  wait: { maxRetriesPerRequest: null },
  fail: { maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 5000 },
} as const satisfies Record<WhenAway, object>;

const commonOptions = {
  lazyConnect: true,
  connectTimeout: 10_000,
  // After a failover the old master is a replica: leave it and find the new one. The command itself is sent again by
  // `wait-out-refusals.ts`, with a pause: ioredis would resend it in a loop as long as the server is a replica.
  reconnectOnError: (error: Error) => (redisFaultOf(error)?.kind === "read_only" ? (1 as const) : false),
  retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), 2000),
};

/**
 * How long a command looks for the node that holds its keys, a tenth of a second a try: a failover takes the
 * cluster its `cluster-node-timeout` (15 s unless set) and an election.
 */
const clusterTries = { wait: 600, fail: 30 } as const satisfies Record<WhenAway, number>;

type CommonOptions = typeof commonOptions & { readonly connectionName: string };

/**
 * Opens a connection and waits until it is ready. The caller closes it.
 *
 * @param url See `url.ts`.
 * @throws {RedisConnectError} when the first connection can't be made within ten seconds.
 */
export const connectRedis = async (
  url: string,
  options: {
    readonly whenAway: WhenAway;
    readonly name: string;
    /** Aborts the first connection, for callers that cannot wait for a server that accepts it and does not answer. */
    readonly signal?: AbortSignal | undefined;
    /** Called when the server is loading its data; `connectRedis` waits for that to end. */
    readonly onLoading?: (() => void) | undefined;
  },
): Promise<RedisClient> => {
  const common = {
    ...commonOptions,
    ...whenAwayOptions[options.whenAway],
    connectionName: `perch-${options.name}`,
  };
  const client = openClient(url, common, options.whenAway);
  // Without a listener a lost connection would end the process; commands report the loss to who sent them.
  client.on("error", () => undefined);
  if (options.whenAway === "wait") waitOutRefusals(client);
  else nameRefusals(client);
  try {
    await connectOrThrow(client, options);
  } catch (cause) {
    client.disconnect();
    throw new RedisConnectError(cause);
  }
  return client;
};

/** Waits for commands in flight and closes the connection; closes it immediately while Redis is unreachable. */
export const closeRedis = async (client: RedisClient): Promise<void> => {
  // The connection may be dead though ioredis has not noticed: then there is nothing to end politely.
  if (client.status === "ready") await client.quit().catch(() => undefined);
  client.disconnect();
};

const openClient = (url: string, common: CommonOptions, whenAway: WhenAway): RedisClient => {
  const address = parseRedisUrl(url);
  switch (address?.kind) {
    case "server":
      return new Redis(address.url, common);
    case "socket":
      return new Redis({ ...common, path: address.path });
    case "sentinel":
      return new Redis({
        ...common,
        sentinels: address.sentinels.map((sentinel) => ({ ...sentinel })),
        name: address.master,
        sentinelRetryStrategy: common.retryStrategy,
        ...accessOptions(address),
        ...(address.isEncrypted && { enableTLSForSentinelMode: true }),
      });
    case "cluster": {
      const { lazyConnect, retryStrategy, enableOfflineQueue, ...redisOptions } = {
        enableOfflineQueue: true,
        ...common,
      };
      return new Cluster(
        address.nodes.map((node) => ({ ...node })),
        {
          lazyConnect,
          enableOfflineQueue,
          clusterRetryStrategy: retryStrategy,
          maxRedirections: clusterTries[whenAway],
          redisOptions: { ...redisOptions, ...accessOptions(address) },
        },
      );
    }
    case undefined:
      throw new Error(
        "REDIS_URL must be redis://, rediss://, unix:///, redis+sentinel:// or redis+cluster://.",
      );
  }
};

const accessOptions = ({ username, password, isEncrypted }: ServerAccess) => ({
  ...(username !== undefined && { username }),
  ...(password !== undefined && { password }),
  ...(isEncrypted && { tls: {} }),
});

/** Longer than a connection takes to be set up. */
const settingUpMs = 1000;

const connectOrThrow = async (
  client: RedisClient,
  {
    signal,
    onLoading,
  }: { readonly signal?: AbortSignal | undefined; readonly onLoading?: (() => void) | undefined },
): Promise<void> => {
  const lost = Promise.withResolvers<never>();
  const onEnd = (error: Error): void => lost.reject(error);
  const onAbort = (): void => lost.reject(signal?.reason);
  // Connected and not ready: ioredis asks again and again until the data are loaded.
  const loading = setTimeout(() => client.status === "connect" && onLoading?.(), settingUpMs);
  client.once("error", onEnd);
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    await Promise.race([client.connect(), lost.promise]);
  } finally {
    clearTimeout(loading);
    client.off("error", onEnd);
    signal?.removeEventListener("abort", onAbort);
  }
};
