import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { KeptDigest, KeptDigests } from "../secrets/kept-digests.ts";

/**
 * URLs whose receiver answered 410 and wants no more. Kept as keyed digests, because an address may hold a secret,
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

export const createStoppedUrls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly digests: KeptDigests;
  readonly now: () => number;
}): StoppedUrls => {
  const { client, digests, now } = deps;
  const { stoppedAt, stoppedUrls: former } = deps.keys.home();
  /** One stopped before a rotation is recognised while the key of then is listed. */
  const all = (url: string): readonly string[] =>
    [digests.first, ...digests.older].map((digest) => digestOf(digest, url));

  return {
    stop: async (url) => {
      await client.zadd(stoppedAt, now(), digestOf(digests.first, url));
      await client.zremrangebyrank(stoppedAt, 0, -urlsMax - 1);
    },
    isStopped: async (url) => (await client.zmscore(stoppedAt, ...all(url))).some((since) => since !== null),
    lift: async (url) => {
      await client.zrem(stoppedAt, ...all(url));
    },
    age: async (retentionMs) => {
      // A hash of plain digests without an end, from earlier versions; their plain digests in the set end by age.
      await client.unlink(former);
      await client.zremrangebyscore(stoppedAt, "-inf", now() - retentionMs);
    },
  };
};

const digestOf = (digest: KeptDigest, url: string): string =>
  digest.of("stopped-url", URL.parse(url)?.href ?? url);
