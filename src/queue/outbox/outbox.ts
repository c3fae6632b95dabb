import { z } from "zod";
import type { Install } from "../../install/install.ts";
import { jsonOrUndefined } from "../../install/lenient.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { installDataSchema } from "../installs/data.ts";
import type { Installs } from "../installs/installs.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { NotificationType } from "./data.ts";
import type { Notifications } from "./notifications.ts";

/** What a sweep found in the outbox. `waiting` have not ended yet; `failed` could not be settled and stay. */
export interface OutcomesSwept {
  readonly told: number;
  readonly waiting: number;
  readonly dropped: number;
  readonly failed: number;
}

type Settled = "told" | "waiting" | "dropped";

/**
 * Tells what installs have ended in, each outcome once.
 *
 * An outbox bridges the moment between an install's end and its notification: the install goes in before it
 * ends and comes out after the notification is on its queue. A process killed in between leaves it there for
 * the sweep. Telling twice is harmless, because a notification's id is made of the install and its outcome.
 */
export interface Outcomes {
  /** Whether anybody wants to hear of this install. For all others nothing needs to be called. */
  isExpected(request: {
    readonly callbackUrl?: string | undefined;
    readonly channelWebhooks?: unknown;
  }): boolean;
  /** To be awaited right before the install is ended: from then on its outcome cannot be forgotten. */
  expect(installId: string): Promise<void>;
  /** To be called once the install has ended. Does nothing for installs that are not expected or have not ended. */
  settle(installId: string): Promise<void>;
  /** Settles what was left behind for more than five seconds, a thousand of a shard at most. Any number may run at once. */
  sweep(): Promise<OutcomesSwept>;
}

/** A process that has not settled an outcome by then was killed. */
const leftBehindMs = 5000;
const sweepMax = 1000;
const groupSize = 50;

/** Takes an install out of the outbox, unless it was put in again meanwhile. Answers 1 when taken, else 0. */
const takeOut = defineScript({
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
 * @param deps.notifyUrl `NOTIFY_URL`: told of every install, beside its own `callbackUrl`.
 * @param deps.onCompleted What else a completed install needs. Called at least once, and before the install
 * leaves the outbox, so that it is not forgotten either; when it throws it is called again by a sweep.
 */
export const createOutcomes = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly notifications: Pick<Notifications, "announce">;
  readonly installs: Pick<Installs, "find">;
  readonly notifyUrl: string | undefined;
  readonly now: () => number;
  readonly onCompleted?: ((install: Install) => Promise<void>) | undefined;
}): Outcomes => {
  const { client, keys, notifications, installs, notifyUrl, now } = deps;

  const tell = async (install: Install, type: NotificationType, generation: number): Promise<void> => {
    const happenedAt = install.completedAt ?? install.updatedAt;
    const announcement = { type, subjectId: install.id, generation, happenedAt, data: install };
    for (const [place, url] of distinct([notifyUrl, install.callbackUrl]).entries()) {
      await notifications.announce({ ...announcement, url, isExtra: place > 0 });
    }
  };

  const settle = async (installId: string): Promise<Settled> => {
    const shard = keys.ofInstall(installId);
    const since = await client.zscore(shard.outbox, installId);
    if (since === null) return "told";
    // Read before the install: read after it, the count could already be that of the next start.
    const generation = startsOf(await client.hget(shard.job(installId), "data"));
    const install = await installs.find(installId);
    const type = install && outcomeOf(install);
    if (install !== undefined && type === undefined) return "waiting";
    if (install !== undefined && type !== undefined) {
      await tell(install, type, generation);
      if (type === "install.completed") await deps.onCompleted?.(install);
    }
    await takeOut(client, { outbox: shard.outbox, installId, since });
    return install === undefined ? "dropped" : "told";
  };

  /** To the end of the line, so that those that cannot be settled yet do not keep the others from their turn. */
  const putBack = (installId: string) =>
    client.zadd(keys.ofInstall(installId).outbox, "XX", now(), installId);

  const sweepOne = async (installId: string): Promise<keyof OutcomesSwept> => {
    const settled = await settle(installId).catch(() => "failed" as const);
    if (settled === "waiting" || settled === "failed") await putBack(installId);
    return settled;
  };

  return {
    isExpected: ({ callbackUrl, channelWebhooks }) =>
      notifyUrl !== undefined || callbackUrl !== undefined || channelWebhooks !== undefined,
    expect: async (installId) => {
      await client.zadd(keys.ofInstall(installId).outbox, now(), installId);
    },
    settle: async (installId) => {
      await settle(installId);
    },
    sweep: async () => {
      const leftBehind = await Promise.all(
        keys.shards.map(({ outbox }) =>
          client.zrangebyscore(outbox, "-inf", now() - leftBehindMs, "LIMIT", 0, sweepMax),
        ),
      );
      const ids = leftBehind.flat();
      const results: (keyof OutcomesSwept)[] = [];
      for (let first = 0; first < ids.length; first += groupSize) {
        results.push(...(await Promise.all(ids.slice(first, first + groupSize).map(sweepOne))));
      }
      const count = (kind: keyof OutcomesSwept) => results.filter((result) => result === kind).length;
      return {
        told: count("told"),
        waiting: count("waiting"),
        dropped: count("dropped"),
        failed: count("failed"),
      };
    },
  };
};

/** What is told of an install; undefined while it has not ended. */
const outcomeOf = ({ status }: Install) => {
  if (status === "completed") return "install.completed";
  if (status === "cancelled") return "install.cancelled";
  return status === "failed" ? "install.failed" : undefined;
};

/** How often the install was started: 1, and one more each time people started it again. */
const startsOf = (data: string | null): number =>
  1 + (startsSchema.safeParse(jsonOrUndefined(data)).data?.retries ?? 0);

/** The URLs, each once however it is written. */
const distinct = (urls: readonly (string | undefined)[]): string[] => [
  ...new Map(
    urls.filter((url) => url !== undefined).map((url) => [URL.parse(url)?.href ?? url, url]),
  ).values(),
];
