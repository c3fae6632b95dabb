import { createHash } from "node:crypto";
import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

/**
 * URLs whose receiver answered 410 and wants no more. Kept as digests, because an address may hold a secret,
 * and until an operator sends a notification to it again.
 */
export interface StoppedUrls {
  stop(url: string): Promise<void>;
  isStopped(url: string): Promise<boolean>;
  lift(url: string): Promise<void>;
}

export const createStoppedUrls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
}): StoppedUrls => {
  const { client, keys, now } = deps;
  return {
    stop: async (url) => {
      await client.hset(keys.stoppedUrls, digest(url), new Date(now()).toISOString());
    },
    isStopped: async (url) => (await client.hexists(keys.stoppedUrls, digest(url))) === 1,
    lift: async (url) => {
      await client.hdel(keys.stoppedUrls, digest(url));
    },
  };
};

const digest = (url: string): string =>
  createHash("sha256")
    .update(URL.parse(url)?.href ?? url)
    .digest("base64url")
    .slice(0, 22);
