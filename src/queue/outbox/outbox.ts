import { z } from "zod";
import type { Install } from "../../install/install.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { installDataSchema } from "../installs/data.ts";
import type { Installs } from "../installs/installs.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import type { NotificationType } from "./data.ts";
import type { Notifications } from "./notifications.ts";

/** Outcomes a sweep found, counted. `waiting`: the install has not ended; `failed`: could not be flushed, and stay. */
export interface OutboxSwept {
  readonly notified: number;
  readonly waiting: number;
  readonly dropped: number;
  readonly failed: number;
}

type Flushed = "notified" | "waiting" | "dropped";

/**
 * The transactional outbox of install outcomes. An install is added before it ends and removed after its notification
 * is enqueued; a process killed in between leaves it there for the sweep. Enqueueing twice is harmless: a notification's
 * id is derived from the install and its outcome.
 */
export interface Outbox {
  /** Whether the outcome of this install is needed. Installs it is false for need no other call. */
  isWanted(request: {
    readonly callbackUrl?: string | undefined;
    readonly channelWebhooks?: unknown;
  }): boolean;
  /** Adds the install. Await it before ending the install, so that a crash in between cannot lose the notification. */
  add(installId: string): Promise<void>;
  /** Enqueues the notifications of an ended install and removes it. Does nothing if it is not in the outbox or has not ended. */
  flush(installId: string): Promise<void>;
  /** Flushes installs added more than five seconds ago, up to a thousand a shard. Safe to run concurrently. */
  sweep(): Promise<OutboxSwept>;
}

/** Older entries were left by a killed process. */
const leftBehindMs = 5000;
const sweepMax = 1000;
const groupSize = 50;

/** Removes an install unless it was added again meanwhile. Answers 1 when removed, else 0. */
const removeFlushed = defineScript({
  name: "perchTold",
  keys: ["outbox"],
  args: ["installId", "since"],
  answer: z.literal([0, 1]),
  lua: `
if tonumber(redis.call('ZSCORE', outbox, installId) or '-1') ~= tonumber(since) then return 0 end
return redis.call('ZREM', outbox, installId)`,
});

const startsSchema = installDataSchema.pick({ retries: true });

/**
 * @param deps.notifyUrl `NOTIFY_URL`: notified of every install, in addition to its own `callbackUrl`.
 * @param deps.onCompleted Called with a completed install at least once, before it is removed from the outbox. When it
 * throws, a sweep calls it again.
 */
export const createOutbox = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly notifications: Pick<Notifications, "announce">;
  readonly installs: Pick<Installs, "find">;
  readonly notifyUrl: string | undefined;
  readonly now: () => number;
  readonly onCompleted?: ((install: Install) => Promise<void>) | undefined;
}): Outbox => {
  const { client, keys, notifications, installs, notifyUrl, now } = deps;

  const notify = async (install: Install, type: NotificationType, generation: number): Promise<void> => {
    const happenedAt = install.completedAt ?? install.updatedAt;
    const announcement = { type, subjectId: install.id, generation, happenedAt, data: install };
    for (const [place, url] of distinct([notifyUrl, install.callbackUrl]).entries()) {
      await notifications.announce({ ...announcement, url, isExtra: place > 0 });
    }
  };

  const flush = async (installId: string): Promise<Flushed> => {
    const shard = keys.ofInstall(installId);
    const since = await client.zscore(shard.outbox, installId);
    if (since === null) return "notified";
    // Read before the install: read after it, the count could already be that of the next start.
    const generation = startsOf(await client.hget(shard.job(installId), "data"));
    const install = await installs.find(installId);
    const type = install && outcomeOf(install);
    if (install !== undefined && type === undefined) return "waiting";
    if (install !== undefined && type !== undefined) {
      await notify(install, type, generation);
      if (type === "install.completed") await deps.onCompleted?.(install);
    }
    await removeFlushed(client, { outbox: shard.outbox, installId, since });
    return install === undefined ? "dropped" : "notified";
  };

  /** Moves the install to the end of the line, so that entries that cannot be flushed yet do not delay the others. */
  const putBack = (installId: string) =>
    client.zadd(keys.ofInstall(installId).outbox, "XX", now(), installId);

  const sweepOne = async (installId: string): Promise<keyof OutboxSwept> => {
    const flushed = await flush(installId).catch(() => "failed" as const);
    if (flushed === "waiting" || flushed === "failed") await putBack(installId);
    return flushed;
  };

  return {
    isWanted: ({ callbackUrl, channelWebhooks }) =>
      notifyUrl !== undefined || callbackUrl !== undefined || channelWebhooks !== undefined,
    add: async (installId) => {
      await client.zadd(keys.ofInstall(installId).outbox, now(), installId);
    },
    flush: async (installId) => {
      await flush(installId);
    },
    sweep: async () => {
      const leftBehind = await eachShard(keys, ({ outbox }) =>
        client.zrangebyscore(outbox, "-inf", now() - leftBehindMs, "LIMIT", 0, sweepMax),
      );
      const ids = leftBehind.flat();
      const results: (keyof OutboxSwept)[] = [];
      for (let first = 0; first < ids.length; first += groupSize) {
        results.push(...(await Promise.all(ids.slice(first, first + groupSize).map(sweepOne))));
      }
      const count = (kind: keyof OutboxSwept) => results.filter((result) => result === kind).length;
      return {
        notified: count("notified"),
        waiting: count("waiting"),
        dropped: count("dropped"),
        failed: count("failed"),
      };
    },
  };
};

/** The notification type of an install's outcome; undefined while it has not ended. */
const outcomeOf = ({ status }: Install) => {
  if (status === "completed") return "install.completed";
  if (status === "cancelled") return "install.cancelled";
  return status === "failed" ? "install.failed" : undefined;
};

/** How often the install was started: 1 plus its manual retries. */
const startsOf = (data: string | null): number =>
  1 + (startsSchema.safeParse(jsonOrUndefined(data)).data?.retries ?? 0);

/** The URLs without duplicates, compared in normalized form. */
const distinct = (urls: readonly (string | undefined)[]): string[] => [
  ...new Map(
    urls.filter((url) => url !== undefined).map((url) => [URL.parse(url)?.href ?? url, url]),
  ).values(),
];
