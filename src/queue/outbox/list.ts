import type { RedisClient } from "../../redis/client.ts";
import { isBehind, type Place } from "../../redis/place.ts";
import { scoredMembers } from "../../redis/scored-members.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { Notification } from "./view.ts";

/** A notification's id and the moment it is ordered by, Unix ms. */
export type IndexEntry = Place;

export interface NotificationIndex {
  /** A notification is about to be added. Repeating it changes nothing. */
  add(id: string): Promise<void>;
  /** A notification is about to be sent again: it becomes the newest. */
  renew(id: string): Promise<void>;
  /** All of one status, or all, newest first, from after the cursor on. May name some that are of another status by now. */
  walk(status: Notification["status"] | undefined, after: IndexEntry | undefined): AsyncGenerator<IndexEntry>;
  /** Drops entries older than any notification is. */
  age(): Promise<void>;
  /** Drops entries that are wrong: their notifications are of another status, or gone. */
  drop(status: Notification["status"] | undefined, entries: readonly IndexEntry[]): Promise<void>;
}

/** Longer than a notification can be pending: the schedule takes some three days. */
const pendingMaxMs = 7 * 24 * 3_600_000;

/** An entry this young whose notification is not there may be one that is just being added. */
const youngMs = 3_600_000;

const pageSize = 100;

/**
 * The orders in which notifications are listed. Delivered and given up ones are in BullMQ's own sets, by when
 * that was; all, and those pending, in two of Perch's, which whoever reads them puts right.
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

  /** Entries of this moment or before it, newest first; of one moment in falling order of their ids. */
  const read = async (
    key: string,
    atMs: number | undefined,
    offset: number,
  ): Promise<readonly IndexEntry[]> => {
    const from = atMs ?? "+inf";
    const limit = ["BYSCORE", "REV", "LIMIT", offset, pageSize, "WITHSCORES"] as const;
    const flat = await client.zrange(key, from, "-inf", ...limit);
    return scoredMembers(flat).map(({ member, score }) => ({ id: member, atMs: score }));
  };

  return {
    add: async (id) => {
      // One moment for both: a cursor of one list is read in the other too.
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
    async *walk(status, after) {
      const key = keyOf(status);
      let [atMs, offset] = [after?.atMs, 0];
      for (;;) {
        const entries = await read(key, atMs, offset);
        yield* entries.filter((entry) => after === undefined || isBehind(entry, after));
        const last = entries.at(-1);
        if (last === undefined) return;
        offset =
          last.atMs === atMs
            ? offset + entries.length
            : entries.filter((entry) => entry.atMs === last.atMs).length;
        atMs = last.atMs;
      }
    },
    drop: async (status, entries) => {
      if (status === "delivered" || status === "failed") return;
      const old = entries.filter(({ atMs }) => atMs < now() - youngMs);
      if (old.length > 0) await client.zrem(keyOf(status), ...old.map(({ id }) => id));
    },
  };
};
