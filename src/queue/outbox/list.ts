import type { RedisClient } from "../../redis/client.ts";
import { type Position, walkScores } from "../../redis/paging.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { Notification } from "./view.ts";

/** A notification's id and the moment it is ordered by, Unix ms. */
export type IndexEntry = Position;

export interface NotificationIndex {
  /** Indexes a notification; call before adding it to the queue. Idempotent. */
  add(id: string): Promise<void>;
  /** Makes a notification the newest; call before resending it. */
  renew(id: string): Promise<void>;
  /** Yields entries of one status, or all, newest first, after `after`. Entries may be stale: their status may have changed. */
  walk(status: Notification["status"] | undefined, after: IndexEntry | undefined): AsyncGenerator<IndexEntry>;
  /** Removes entries older than any stored notification. */
  age(): Promise<void>;
  /** Removes stale entries: their notifications have another status or were deleted. */
  drop(status: Notification["status"] | undefined, entries: readonly IndexEntry[]): Promise<void>;
}

/** Longer than a notification can be pending: the retry schedule lasts about three days. */
const pendingMaxMs = 7 * 24 * 3_600_000;

/** A younger entry without a notification may belong to one that is being added. */
const youngMs = 3_600_000;

/**
 * The indexes notifications are listed by. Delivered and failed ones are in BullMQ's own sets, ordered by their end;
 * pending ones, and all, in two sorted sets of Perch's, which readers clean of stale entries.
 */
export const createNotificationIndex = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now: () => number;
}): NotificationIndex => {
  const { client, keys, now } = deps;
  const keptMs = deps.retentionMs + pendingMaxMs;
  const own = [keys.notifications, keys.pendingNotifications];

  const keyOf = (status: Notification["status"] | undefined): string => {
    if (status === undefined) return keys.notifications;
    if (status === "pending") return keys.pendingNotifications;
    return keys.endedNotifications(status === "delivered" ? "completed" : "failed");
  };

  return {
    add: async (id) => {
      // The same time in both: a cursor of one list is valid in the other.
      const atMs = now();
      await Promise.all(own.map((key) => client.zadd(key, "NX", atMs, id)));
      await Promise.all(own.map((key) => client.zremrangebyscore(key, "-inf", atMs - keptMs)));
    },
    age: async () => {
      await Promise.all(own.map((key) => client.zremrangebyscore(key, "-inf", now() - keptMs)));
    },
    renew: async (id) => {
      const atMs = now();
      await Promise.all(own.map((key) => client.zadd(key, atMs, id)));
    },
    walk: (status, after) => walkScores(client, keyOf(status), after),
    drop: async (status, entries) => {
      if (status === "delivered" || status === "failed") return;
      const old = entries.filter(({ atMs }) => atMs < now() - youngMs);
      if (old.length > 0) await client.zrem(keyOf(status), ...old.map(({ id }) => id));
    },
  };
};
