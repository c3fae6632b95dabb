import type { Config } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { createKeys, type Keys } from "../../queue/keyspace/keys.ts";
import { readShardNumber, registerShardCount } from "../../queue/keyspace/shard-number.ts";
import { needlessShards, ShardsError } from "../../queue/keyspace/shards.ts";
import { areShardsUnused } from "../../queue/keyspace/take-back-shards.ts";
import { checkRedis } from "../../redis/check.ts";
import { isCluster, type RedisClient } from "../../redis/client.ts";
import { connectRedis } from "../../redis/connection.ts";
import { redisFault } from "../../redis/errors.ts";
import { checkPrivateUse, type PrivateUse } from "./private-use.ts";
import { startPrivateRedis } from "./start-private-redis.ts";

export interface OpenRedis {
  readonly url: string;
  /** Whether it is the private one under the data directory. */
  readonly isEmbedded: boolean;
  /** Keys of as many shards as `SHARDS` says. */
  readonly keys: Keys;
  /** Stops the private one, if this process started it. */
  close(): Promise<void>;
}

/**
 * What a command has to do with the number of shards: `register` what it uses (whatever enqueues or takes installs),
 * `look` without changing anything, or `ignore` it.
 */
export type ShardsUse = "register" | "look" | "ignore";

/**
 * The Redis to use: `REDIS_URL`, or else a private one under the data directory. Refuses a Redis that would
 * lose installs by its own settings, and one where something lies in more shards than `SHARDS` says.
 */
export const openRedis = async (deps: {
  readonly config: Config;
  readonly dataDir: string;
  /** Where a fetched server is kept; default: in the data directory. */
  readonly serversDir?: string | undefined;
  readonly log: Logger;
  readonly shards: ShardsUse;
  /** How a private one is used; default: without a check of who works on it. */
  readonly privateUse?: PrivateUse | undefined;
}): Promise<OpenRedis> => {
  const { config, dataDir, serversDir, log, shards, privateUse } = deps;
  const embedded =
    config.REDIS_URL === undefined
      ? await startPrivateRedis({
          dataDir,
          serversDir,
          serverBin: config.REDIS_SERVER_BIN,
          log: (message) => log.info(message),
        })
      : undefined;
  const redis = {
    url: embedded?.url ?? config.REDIS_URL ?? "",
    isEmbedded: embedded !== undefined,
    keys: createKeys(undefined, config.SHARDS),
    close: async () => embedded?.stop(),
  };
  try {
    await check(redis, { log, shards, privateUse: redis.isEmbedded ? privateUse : undefined });
    return redis;
  } catch (error) {
    await redis.close();
    throw error;
  }
};

const check = async (
  { url, keys }: Pick<OpenRedis, "url" | "keys">,
  {
    log,
    shards,
    privateUse,
  }: {
    readonly log: Logger;
    readonly shards: ShardsUse;
    readonly privateUse: PrivateUse | undefined;
  },
): Promise<void> => {
  const onLoading = (): void => {
    const { kind: reason, detail, fix } = redisFault("loading");
    log.warn({ reason, detail, fix }, "Redis loads its data: Perch waits for it");
  };
  const client = await connectRedis(url, { whenAway: "fail", name: "check", onLoading });
  try {
    if (privateUse !== undefined) await checkPrivateUse({ client, keys }, privateUse);
    await checkShardsFor(shards, { client, keys });
    for (const warning of await checkRedis(client)) log.warn(warning);
    if (shards === "register" && keys.shards.length > 1 && !isCluster(client)) log.warn(needlessShards);
  } finally {
    client.disconnect();
  }
};

/** Whoever only looks misses nothing while the shards it does not know of are empty. */
const checkShardsFor = async (
  use: ShardsUse,
  deps: { readonly client: RedisClient; readonly keys: Keys },
): Promise<void> => {
  if (use === "register") return registerShardCount(deps);
  if (use === "ignore") return;
  const number = await readShardNumber(deps);
  if (number > deps.keys.shards.length && !(await areShardsUnused(deps, number)))
    throw new ShardsError(number);
};
