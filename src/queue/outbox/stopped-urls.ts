import type { RedisClient } from "../../redis/client.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { KeptDigest, KeptDigests } from "../secrets/kept-digests.ts";

/**
 * URLs whose receiver answered 410 Gone. Stored as keyed digests, because a URL may hold a secret, until an operator
 * resends a notification to it or the retention ends; if the receiver then answers 410 again, the URL is stopped again.
 */
export interface StoppedUrls {
  stop(url: string): Promise<void>;
  isStopped(url: string): Promise<boolean>;
  lift(url: string): Promise<void>;
  /** Removes URLs stopped longer ago than this, ms. */
  age(retentionMs: number): Promise<void>;
}

/** Bound on stored URLs, newest kept: every install may name its own. */
const urlsMax = 10_000;

export const createStoppedUrls = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly digests: KeptDigests;
  readonly now: () => number;
}): StoppedUrls => {
  const { client, digests, now } = deps;
  const { stoppedAt, stoppedUrls: former } = deps.keys.home();
  /** Digests under current and older keys: a URL stopped before a key rotation matches while its key is listed. */
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
      // Earlier versions kept a hash of unkeyed digests that never expired; their unkeyed digests in the set expire by age.
      await client.unlink(former);
      await client.zremrangebyscore(stoppedAt, "-inf", now() - retentionMs);
    },
  };
};

const digestOf = (digest: KeptDigest, url: string): string =>
  digest.of("stopped-url", URL.parse(url)?.href ?? url);
