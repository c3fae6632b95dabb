import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { readStoredInstall } from "../installs/data.ts";
import type { InstallsQueues } from "../installs/queue.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { UnreadableEvents } from "../matching/unreadable.ts";
import type { NotificationsQueue } from "../outbox/data.ts";
import type { NotificationIndex } from "../outbox/list.ts";
import type { StoppedUrls } from "../outbox/stopped-urls.ts";
import type { ChoresQueue } from "./chores.ts";

/** Jobs removed from each set in one step. */
const stepSize = 200;

const endedSets = ["failed", "completed"] as const;

/** Frees a number once its install goes, and forgets its status. Answers 1, or 0 when another install stands for the number by now. */
const unclaim = defineScript({
  name: "perchUnclaim",
  keys: ["claim", "statuses"],
  args: ["installId"],
  answer: z.literal([0, 1]),
  lua: `
redis.call('ZREM', statuses, installId)
if string.match(redis.call('GET', claim) or '', '^%S+') ~= installId then return 0 end
return redis.call('DEL', claim)`,
});

/**
 * Ends what has been kept for its retention. BullMQ trims a set of ended jobs only when another job enters it, so in a
 * system where nothing fails any more a failed install, with its sealed token, would stay for ever.
 */
export const createRetention = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queues: InstallsQueues;
  readonly notificationsQueue: NotificationsQueue;
  readonly notificationIndex: Pick<NotificationIndex, "age">;
  readonly chores: ChoresQueue;
  readonly stoppedUrls: Pick<StoppedUrls, "age">;
  readonly unreadable: Pick<UnreadableEvents, "age">;
  readonly retentionMs: number;
  readonly now: () => number;
}): { readonly removeExpired: () => Promise<void> } => {
  const { client, keys, retentionMs } = deps;

  const due = (set: string): Promise<string[]> =>
    client.zrangebyscore(set, "-inf", deps.now() - retentionMs, "LIMIT", 0, stepSize);

  /** A failed install's claim goes with it: one that BullMQ failed has no end of its own. */
  const releaseClaim = async (shard: Keys, id: string): Promise<void> => {
    const text = await client.hget(shard.job(id), "data");
    if (text === null) return;
    const { workspaceId, phoneId } = readStoredInstall(text).data.request;
    await unclaim(client, {
      claim: shard.claim(workspaceId, phoneId),
      statuses: shard.statuses,
      installId: id,
    });
  };

  const clean = async (
    queue: { clean(graceMs: number, limit: number, set: (typeof endedSets)[number]): Promise<unknown> },
    set: string,
    kind: (typeof endedSets)[number],
  ): Promise<readonly string[]> => {
    const ids = await due(set);
    if (ids.length > 0) await queue.clean(retentionMs, stepSize, kind);
    return ids;
  };

  const endInstalls = async (shard: Keys, place: number): Promise<void> => {
    const queue = deps.queues.all[place];
    if (queue === undefined) return;
    for (const id of await due(shard.installsIn("failed"))) await releaseClaim(shard, id);
    for (const kind of endedSets) await clean(queue, shard.installsIn(kind), kind);
  };

  return {
    removeExpired: async () => {
      const home = keys.home();
      for (const [place, shard] of keys.shards.entries()) await endInstalls(shard, place);
      for (const kind of endedSets) await clean(deps.notificationsQueue, home.endedNotifications(kind), kind);
      await clean(deps.chores, `${home.prefix}:${deps.chores.name}:failed`, "failed");
      await Promise.all([
        deps.notificationIndex.age(),
        deps.stoppedUrls.age(retentionMs),
        deps.unreadable.age(),
      ]);
    },
  };
};
