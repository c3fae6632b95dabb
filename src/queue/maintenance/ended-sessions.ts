import type { RedisClient } from "../../redis/client.ts";
import { createTtlCache } from "../../redis/ttl-cache.ts";
import type { Keys } from "../keyspace/keys.ts";

/** Sessions of browsers that were ended before their time, by their random ids. */
export interface EndedSessions {
  /** Ends a session in this process at once, and in the others within `keptMs`. @throws when Redis does not take it. */
  end(id: string, endsMs: number): Promise<void>;
  /** While Redis is unreachable, as of the last answer. */
  isEnded(id: string): Promise<boolean>;
}

/** How old what is known of other processes may be. */
const keptMs = 5000;
/** Longer than any session lasts. */
const storedMs = 86_400_000;
/** Bound on stored ids: those that would end next are dropped first. */
const idsMax = 10_000;

export const createEndedSessions = ({
  client,
  keys,
  now = Date.now,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now?: () => number;
}): EndedSessions => {
  const { endedSessions } = keys.home();
  /** Ended here, each until when. */
  const own = new Map<string, number>();
  let known: ReadonlySet<string> = new Set();
  const cache = createTtlCache({
    keptMs,
    read: async () => {
      known = new Set(await client.zrangebyscore(endedSessions, now(), "+inf"));
      return known;
    },
  });
  return {
    end: async (id, endsMs) => {
      for (const [other, untilMs] of own) if (untilMs <= now()) own.delete(other);
      own.set(id, endsMs);
      await client.zadd(endedSessions, endsMs, id);
      await client.zremrangebyscore(endedSessions, "-inf", now());
      await client.zremrangebyrank(endedSessions, 0, -idsMax - 1);
      await client.pexpire(endedSessions, storedMs);
    },
    isEnded: async (id) => own.has(id) || (await cache.get("all").catch(() => known)).has(id),
  };
};
