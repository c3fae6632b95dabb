import { createLog } from "../src/log.ts";
import type { Producer } from "../src/producer/producer.ts";
import { createInstallsQueues } from "../src/queue/installs/queue.ts";
import { createUnmarkSome } from "../src/queue/installs/statuses.ts";
import type { Keys } from "../src/queue/keyspace/keys.ts";
import { createChoresQueue } from "../src/queue/maintenance/chores.ts";
import { createLiveIndex } from "../src/queue/maintenance/live-index.ts";
import { createRepairJobs } from "../src/queue/maintenance/repair-jobs.ts";
import { createRetention } from "../src/queue/maintenance/retention.ts";
import { createMatching } from "../src/queue/matching/matching.ts";
import { createUnreadableEvents } from "../src/queue/matching/unreadable.ts";
import { createNotificationsQueue } from "../src/queue/outbox/data.ts";
import { createNotificationIndex } from "../src/queue/outbox/list.ts";
import { createNotifications } from "../src/queue/outbox/notifications.ts";
import { createOutbox } from "../src/queue/outbox/outbox.ts";
import { createStoppedUrls } from "../src/queue/outbox/stopped-urls.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../src/queue/secrets/seal.ts";
import { createHeldInstalls } from "../src/queue/workspaces/held-installs.ts";
import type { RedisClient } from "../src/redis/client.ts";
import { createSweepBatches } from "../src/worker/batches/sweep.ts";
import { createSweep } from "../src/worker/chores/sweep.ts";

/** The chores of a sweep, each alone, as a worker composes them. */
export const openChores = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly producer: Pick<Producer, "batches" | "installs">;
  readonly retentionMs: number;
}) => {
  const { client, keys, producer, retentionMs } = deps;
  const now = Date.now;
  const { digests } = createSeal(readSealingKeys(generateSealingKey()));
  const queues = createInstallsQueues({ client, keys });
  const chores = createChoresQueue({ client, keys });
  const notificationsQueue = createNotificationsQueue({ client, keys, retentionMs });
  const common = { client, keys, queues, chores, notificationsQueue, retentionMs, digests, now };
  const matching = createMatching(common);
  const notifications = createNotifications(common);
  const { installs, batches } = producer;
  const afterRecount = async (): Promise<void> => undefined;
  const log = createLog({ level: "error", role: "bench" });
  return {
    all: {
      "sweep of events": createSweep({ ...common, matching }),
      "sweep of outcomes": createOutbox({ ...common, notifications, installs, notifyUrl: undefined }).sweep,
      "sweep of holds": createHeldInstalls({ ...common, matching, paceMax: 3000 }).sweep,
      "sweep of batches": createSweepBatches({ ...common, batches, afterRecount, log }),
      "lists of live installs": createLiveIndex(common).renewSome,
      "marks of statuses": createUnmarkSome(common),
      "jobs without JSON": createRepairJobs(common),
      retention: createRetention({
        ...common,
        notificationIndex: createNotificationIndex(common),
        stoppedUrls: createStoppedUrls(common),
        unreadable: createUnreadableEvents(common),
      }).removeExpired,
    },
    close: async (): Promise<void> => {
      await Promise.all([queues.close(), chores.close(), notificationsQueue.close(), notifications.close()]);
    },
  };
};
