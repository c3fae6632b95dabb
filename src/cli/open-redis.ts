import type { Config } from "../config.ts";
import { startEmbeddedRedis } from "../embedded-redis/embedded-redis.ts";
import type { Logger } from "../log.ts";
import { connectRedis } from "../queue/connection.ts";
import { createKeys, type Keys } from "../queue/keys.ts";
import { agreeOnShards } from "../queue/placement.ts";
import { checkRedis } from "../queue/redis-check.ts";

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
 * The Redis to use: `REDIS_URL`, or else a private one under the data directory. Refuses a Redis that would
 * lose installs by its own settings, and one that has more shards than `SHARDS` says.
 */
export const openRedis = async (deps: {
  readonly config: Config;
  readonly dataDir: string;
  readonly log: Logger;
}): Promise<OpenRedis> => {
  const { config, dataDir, log } = deps;
  const embedded =
    config.REDIS_URL === undefined
      ? await startEmbeddedRedis({
          dataDir,
          serverBin: config.REDIS_SERVER_BIN,
          path: process.env.PATH,
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
    await check(redis, log);
    return redis;
  } catch (error) {
    await redis.close();
    throw error;
  }
};

const check = async ({ url, keys }: Pick<OpenRedis, "url" | "keys">, log: Logger): Promise<void> => {
  const client = await connectRedis(url, { whenAway: "fail", name: "check" });
  try {
    await agreeOnShards({ client, keys });
    for (const warning of await checkRedis(client)) log.warn(warning);
  } finally {
    client.disconnect();
  }
};
