import type { Install } from "../../install/install.ts";
import type { RedisClient } from "../../redis/client.ts";
import { scoredMembers } from "../../redis/paging.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import type { Notifications } from "../outbox/notifications.ts";
import type { Links } from "./links.ts";
import { removeAnnounced } from "./scripts.ts";

/** Notifies of links: of a completed one with its install, of one that was broken off by a sweep. */
export interface AnnounceLinks {
  /** Enqueues `connect.completed` of the link an install came by, if it came by one. Idempotent. */
  completed(install: Install): Promise<void>;
  /** Enqueues `connect.cancelled` of links whose customer broke off and has not come back since. @returns how many. */
  sweep(): Promise<number>;
}

const sweepMax = 1000;

/**
 * The service that customers reach has no right to notifications: it adds a link to `connectOutbox`, and a worker does the
 * rest.
 *
 * @param deps.notifyUrl `NOTIFY_URL`: notified of every link, in addition to its own `callbackUrl`.
 */
export const createAnnounceLinks = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly links: Pick<Links, "findCounted">;
  readonly notifications: Pick<Notifications, "announce">;
  readonly notifyUrl: string | undefined;
}): AnnounceLinks => {
  const { client, keys, links, notifications, notifyUrl } = deps;

  const announce = async (
    type: "connect.completed" | "connect.cancelled",
    { link, cancels }: NonNullable<Awaited<ReturnType<Links["findCounted"]>>>,
  ): Promise<void> => {
    const urls = new Set([notifyUrl, link.callbackUrl].filter((url) => url !== undefined));
    const announcement = {
      type,
      subjectId: link.id,
      generation: type === "connect.cancelled" ? cancels : 1,
      happenedAt: link.updatedAt,
      data: link,
    };
    for (const [place, url] of [...urls].entries())
      await notifications.announce({ ...announcement, url, isExtra: place > 0 });
  };

  const sweepShard = async ({ connectOutbox: outbox }: Keys): Promise<number> => {
    const entries = scoredMembers(await client.zrange(outbox, "0", String(sweepMax - 1), "WITHSCORES"));
    let count = 0;
    for (const { member: id, score: since } of entries) {
      const found = await links.findCounted(id);
      if (found?.link.status === "cancelled_by_customer") {
        await announce("connect.cancelled", found);
        count += 1;
      }
      await removeAnnounced(client, { outbox, id, since });
    }
    return count;
  };

  return {
    completed: async ({ connectLinkId }) => {
      const found = connectLinkId === undefined ? undefined : await links.findCounted(connectLinkId);
      if (found?.link.status === "connected") await announce("connect.completed", found);
    },
    sweep: async () => (await eachShard(keys, sweepShard)).reduce((sum, each) => sum + each, 0),
  };
};
