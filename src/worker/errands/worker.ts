import { Worker } from "bullmq";
import type { Channels } from "../../bird/channels.ts";
import type { Subscriptions } from "../../bird/subscriptions.ts";
import type { Logger } from "../../log.ts";
import { createReadBudget } from "../../queue/gate/budget.ts";
import { createHolds } from "../../queue/gate/holds.ts";
import { errandsQueueName, type Keys } from "../../queue/keyspace/keys.ts";
import { createLookUps, type ErrandsQueue } from "../../queue/maintenance/errands.ts";
import type { Matching } from "../../queue/matching/matching.ts";
import type { UnreadableEvents } from "../../queue/matching/unreadable.ts";
import type { Seal } from "../../queue/secrets/seal.ts";
import { createChannelWebhooksStore } from "../../queue/workspaces/channel-webhooks.ts";
import { delayOnRedisFault } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { backoffMs } from "../backoff.ts";
import { budgeted } from "../budgeted-reads.ts";
import type { LeaveChores } from "../leave-chores.ts";
import type { WorkerObserver } from "../observe/observer.ts";
import { reportReadWaits } from "../observe/report.ts";
import type { WorkerSettings } from "../settings.ts";
import { createLearnConnector } from "./learn-connector.ts";
import { createProcessErrand } from "./process.ts";
import { createSubscribeChannel } from "./subscribe-channel.ts";

/** Errands a process runs concurrently. Each may take `BIRD_REQUEST_TIMEOUT_MS`. */
const concurrency = 20;

/** Backoff after an unexpected error; refusals of Bird have their own. */
const faultPauses = { baseMs: 2000, capMs: 60_000 };

/** Starts a BullMQ worker that processes errands until it is closed. The caller logs its `error` events. */
export const startErrandWorker = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "openText">;
  readonly settings: WorkerSettings;
  readonly observer: Pick<WorkerObserver, "onReadWait">;
  readonly errands: ErrandsQueue;
  readonly channels: Channels;
  readonly subscriptions: Subscriptions | undefined;
  readonly matching: Matching;
  readonly unreadable: UnreadableEvents;
  readonly leaveChores: LeaveChores;
  readonly log: Logger;
  readonly lock: {
    readonly lockDuration: number;
    readonly stalledInterval: number;
    readonly maxStalledCount: number;
  };
  readonly now: () => number;
  readonly random: () => number;
}): Worker => {
  const { client, keys, settings, log, now, random } = deps;
  const { retentionMs, getsPerSecond, holdBaseMs: baseMs, holdCapMs: capMs } = settings;
  const plainBudget = createReadBudget({ client, keys, budget: { perSecond: getsPerSecond }, now });
  const readBudget = reportReadWaits(plainBudget, deps.observer);
  const channelWebhooks = createChannelWebhooksStore({ client, keys, seal: deps.seal, now });
  const lookUpPace = createReadBudget({
    client,
    keys,
    kind: "look-up",
    budget: { perSecond: getsPerSecond / 2 },
    now,
  });
  const findConnector = createLearnConnector({
    ...deps,
    channels: { get: budgeted(readBudget, deps.channels.get) },
    holds: createHolds({ client, keys, baseMs, capMs, now }),
    readBudget,
    lookUpPace,
    lookUps: createLookUps({ ...deps, retentionMs }),
    readyStatuses: settings.readyStatuses,
  });
  const subscribeChannel = createSubscribeChannel({
    subscriptions: deps.subscriptions,
    readBudget,
    readChannelWebhooks: channelWebhooks.read,
    recordChannelWebhooks: channelWebhooks.record,
    log,
  });
  const worker = new Worker(
    errandsQueueName,
    delayOnRedisFault(deps.leaveChores(createProcessErrand({ ...deps, findConnector, subscribeChannel }))),
    {
      connection: client,
      ...deps.lock,
      prefix: keys.home().prefix,
      concurrency,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
      settings: { backoffStrategy: (attempts) => backoffMs(attempts ?? 1, { ...faultPauses, random }) },
    },
  );
  worker.on("failed", (job, error) => {
    log.error({ choreId: job?.id, err: error }, "an errand failed by a fault of Perch");
  });
  return worker;
};
