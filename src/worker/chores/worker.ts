import { Worker, type WorkerOptions } from "bullmq";
import type { Logger } from "../../log.ts";
import type { InstallActions } from "../../queue/actions/installs.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { InstallsQueues } from "../../queue/installs/queue.ts";
import { createUnmarkSome } from "../../queue/installs/statuses.ts";
import { choresQueueName, type Keys } from "../../queue/keyspace/keys.ts";
import { createFindOlderWorkspaces } from "../../queue/keyspace/workspace-index.ts";
import type { ChoresQueue } from "../../queue/maintenance/chores.ts";
import { type ErrandsQueue, forwardErrand } from "../../queue/maintenance/errands.ts";
import { createLiveIndex } from "../../queue/maintenance/live-index.ts";
import { createRepairJobs } from "../../queue/maintenance/repair-jobs.ts";
import { createRetention } from "../../queue/maintenance/retention.ts";
import type { Matching } from "../../queue/matching/matching.ts";
import type { UnreadableEvents } from "../../queue/matching/unreadable.ts";
import type { NotificationsQueue } from "../../queue/outbox/data.ts";
import { createNotificationIndex } from "../../queue/outbox/list.ts";
import type { Outbox } from "../../queue/outbox/outbox.ts";
import { createStoppedUrls } from "../../queue/outbox/stopped-urls.ts";
import type { Seal } from "../../queue/secrets/seal.ts";
import type { createHeldInstalls } from "../../queue/workspaces/held-installs.ts";
import { delayOnRedisFault } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { createMoveBatch } from "../batches/move.ts";
import { createSweepBatches } from "../batches/sweep.ts";
import type { LeaveChores } from "../leave-chores.ts";
import { choresInHandMax, createProcessChore } from "./process.ts";
import { createSweep } from "./sweep.ts";

/** Starts a BullMQ worker that processes chores until it is closed. The caller logs its `error` events. */
export const startChoreWorker = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "digests">;
  readonly queues: InstallsQueues;
  readonly chores: ChoresQueue;
  readonly errands: ErrandsQueue;
  readonly notificationsQueue: NotificationsQueue;
  readonly installs: Installs;
  readonly actions: InstallActions;
  readonly matching: Matching;
  readonly outbox: Pick<Outbox, "sweep">;
  /** See `links/announce.ts`. */
  readonly sweepLinks: () => Promise<number>;
  readonly heldInstalls: Pick<ReturnType<typeof createHeldInstalls>, "sweep">;
  readonly batches: Batches;
  readonly afterRecount: Parameters<typeof createSweepBatches>[0]["afterRecount"];
  readonly unreadable: UnreadableEvents;
  readonly leaveChores: LeaveChores;
  readonly options: WorkerOptions;
  readonly retentionMs: number;
  /** Interval of sweeps, ms. */
  readonly sweepEveryMs: number;
  readonly log: Logger;
  readonly now: () => number;
}): Worker => {
  const { client, keys, outbox, heldInstalls, errands, retentionMs, log } = deps;
  const worker = new Worker(
    choresQueueName,
    delayOnRedisFault(
      deps.leaveChores(
        createProcessChore({
          sweep: createSweep({ ...deps, leftBehindMs: deps.sweepEveryMs }),
          sweepOutbox: outbox.sweep,
          sweepLinks: deps.sweepLinks,
          sweepHolds: heldInstalls.sweep,
          sweepBatches: createSweepBatches(deps),
          renewSome: createLiveIndex(deps).renewSome,
          findWorkspaces: createFindOlderWorkspaces(deps).findSome,
          unmarkSome: createUnmarkSome(deps),
          removeExpired: createRetention({
            ...deps,
            notificationIndex: createNotificationIndex(deps),
            stoppedUrls: createStoppedUrls({ ...deps, digests: deps.seal.digests }),
          }).removeExpired,
          repairJobs: createRepairJobs({ client, keys }),
          moveBatch: createMoveBatch(deps),
          forward: (errand) => forwardErrand({ client, keys, errands, retentionMs }, errand),
          unreadable: deps.unreadable,
          log,
        }),
      ),
    ),
    { ...deps.options, prefix: keys.home().prefix, concurrency: choresInHandMax },
  );
  worker.on("failed", (job, error) =>
    log.error({ chore: job?.name, id: job?.id, reason: error.message }, "a chore failed"),
  );
  return worker;
};
