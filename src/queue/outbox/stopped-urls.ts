import { createHash } from "node:crypto";
import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";

/**
 * URLs whose receiver answered 410 and wants no more. Kept as digests, because an address may hold a secret,
 * and until an operator sends a notification to it again, or for the retention: then one more is sent, and if the
 * receiver answers 410 again it is stopped again.
 */
export interface StoppedUrls {
  stop(url: string): Promise<void>;
  isStopped(url: string): Promise<boolean>;
  lift(url: string): Promise<void>;
  /** Forgets those older than this. */
  age(retentionMs: number): Promise<void>;
}

/** Every install may name an address of its own; the newest of so many are kept. */
const urlsMax = 10_000;
/** Entries of the former form moved in one step. */
const stepSize = 500;

export const createStoppedUrls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
}): StoppedUrls => {
  const { client, now } = deps;
  const { stoppedAt, stoppedUrls: former } = deps.keys.home();

  /** Versions before this one kept a hash without an end. */
  const moveFormer = async (): Promise<void> => {
    const [, flat] = await client.hscan(former, "0", "COUNT", stepSize);
    const digests = flat.filter((_, place) => place % 2 === 0).slice(0, stepSize);
    if (digests.length === 0) return;
    await client.zadd(stoppedAt, "NX", ...digests.flatMap((digest) => [now(), digest]));
    await client.hdel(former, ...digests);
  };

  return {
    stop: async (url) => {
      await client.zadd(stoppedAt, now(), digest(url));
      await client.zremrangebyrank(stoppedAt, 0, -urlsMax - 1);
    },
    isStopped: async (url) => {
      const [since, isFormer] = await Promise.all([
        client.zscore(stoppedAt, digest(url)),
        client.hexists(former, digest(url)),
      ]);
      return since !== null || isFormer === 1;
    },
    lift: async (url) => {
      await Promise.all([client.zrem(stoppedAt, digest(url)), client.hdel(former, digest(url))]);
    },
    age: async (retentionMs) => {
      await moveFormer();
      await client.zremrangebyscore(stoppedAt, "-inf", now() - retentionMs);
    },
  };
};

const digest = (url: string): string =>
  createHash("sha256")
    .update(URL.parse(url)?.href ?? url)
    .digest("base64url")
    .slice(0, 22);
