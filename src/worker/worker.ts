import { Worker } from "bullmq";
import { createBirdClient } from "../bird/bird-client.ts";
import { createChannels } from "../bird/channels.ts";
import { createConnectors } from "../bird/connectors.ts";
import { measureBird } from "../bird/measure-bird.ts";
import { createSubscriptions } from "../bird/subscriptions.ts";
import type { Completion, Install } from "../install/install.ts";
import type { Logger } from "../log.ts";
import type { CheckNumber } from "../meta/check-number.ts";
import { createInstallActions } from "../queue/actions/installs.ts";
import { createBatches } from "../queue/batches/batches.ts";
import type { InstallData } from "../queue/installs/data.ts";
import { createInstalls } from "../queue/installs/installs.ts";
import { createInstallsQueues } from "../queue/installs/queue.ts";
import { createInstallStore } from "../queue/installs/store.ts";
import { installsQueueName, type Keys } from "../queue/keyspace/keys.ts";
import { checkShards } from "../queue/keyspace/shard-number.ts";
import { createWorkspaceIndex } from "../queue/keyspace/workspace-index.ts";
import { createAnnounceLinks } from "../queue/links/announce.ts";
import { createLinks } from "../queue/links/links.ts";
import { addMoveBatch, createChoresQueue } from "../queue/maintenance/chores.ts";
import { addSubscribeChannel, createErrandsQueue, type ErrandsQueue } from "../queue/maintenance/errands.ts";
import { createMatching } from "../queue/matching/matching.ts";
import { createUnreadableEvents } from "../queue/matching/unreadable.ts";
import { createNotificationsQueue } from "../queue/outbox/data.ts";
import { createNotifications } from "../queue/outbox/notifications.ts";
import { createOutbox } from "../queue/outbox/outbox.ts";
import type { WriteProbe } from "../queue/redis-state/write-probe.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import { createHourlyCounts } from "../queue/stats/hourly-counts.ts";
import { createAccessKeys } from "../queue/workspaces/access-keys.ts";
import { createHeldInstalls } from "../queue/workspaces/held-installs.ts";
import type { RedisClient } from "../redis/client.ts";
import { backoffMs } from "./backoff.ts";
import { createAfterRecount, createRecountBuffer } from "./batches/recount.ts";
import { keepSweeping } from "./chores/keep-sweeping.ts";
import { startChoreWorker } from "./chores/worker.ts";
import { startErrandWorker } from "./errands/worker.ts";
import { createLeaveChores } from "./leave-chores.ts";
import { createCountObserver } from "./observe/count.ts";
import { createLogObserver } from "./observe/log.ts";
import { combine, type PartialObserver, type WorkerTraces } from "./observe/observer.ts";
import { createReportRuns } from "./observe/report.ts";
import { createApplyStep, createProcessInstall } from "./process.ts";
import { startRedisWatches } from "./redis-watches.ts";
import type { InstallJob } from "./run.ts";
import type { WorkerSettings } from "./settings.ts";
import { createInstallSteps } from "./steps.ts";
import { createOnUnexpectedError } from "./unexpected-error.ts";

export interface InstallWorker {
  /** Whether it processes installs. */
  isRunning(): boolean;
  /**
   * Takes no more installs and waits for current runs; aborts calls to Bird after `graceMs`. Aborted installs return to
   * the queue without using up an attempt, and their next run looks for the connector first.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** How soon the installs of a killed worker run again. Defaults: 30 s and 5 s, so within about 40 s. */
export interface StallOptions {
  /** Duration of the lock of a run, ms; renewed at half of it. */
  readonly lockDurationMs: number;
  /** Interval of the search for installs whose lock has expired, ms. */
  readonly stalledIntervalMs: number;
}

const stallDefaults: StallOptions = { lockDurationMs: 30_000, stalledIntervalMs: 5000 };

/** Interval of sweeps, ms. */
const sweepDefaultMs = 5000;

/**
 * BullMQ counts stalls over a job's whole life and fails the job at this maximum without a look at Bird, so it is set out
 * of reach; `look.ts` fails an install that stalls too often.
 */
const maxStalledCount = 1_000_000;

/** Processes installs until it is closed. The caller owns and closes `client`. */
export const startWorker = async (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly probe: WriteProbe;
  readonly seal: Seal;
  readonly settings: WorkerSettings;
  /** Undefined: numbers are not checked at Meta. */
  readonly checkNumber?: CheckNumber | undefined;
  /** Undefined: no metrics. */
  readonly metrics?: PartialObserver | undefined;
  /** Undefined: no traces. */
  readonly traces?: WorkerTraces | undefined;
  readonly log: Logger;
  readonly stall?: StallOptions;
  readonly sweepEveryMs?: number;
  /** This machine's clock, to measure locks while it sleeps. All other times are Redis's: see `redis-clock.ts`. */
  readonly now?: () => number;
  readonly random?: () => number;
}): Promise<InstallWorker> => {
  const { client, keys, settings, metrics = {}, traces, log } = deps;
  const { retentionMs } = settings;
  const { stall = stallDefaults, sweepEveryMs = sweepDefaultMs } = deps;
  const redis = await startRedisWatches(deps);
  const { clock, restarts } = redis;
  const { now } = clock;
  const random = deps.random ?? Math.random;
  const accessKeys = createAccessKeys({ ...deps, defaultKey: settings.birdAccessKey });
  const plainBird = createBirdClient({
    baseUrl: settings.birdApiUrl,
    accessKey: accessKeys,
    requestTimeoutMs: settings.requestTimeoutMs,
  });
  const counts = createHourlyCounts({ client, keys });
  const workspaceIndex = createWorkspaceIndex({ client, keys });
  // A producer of an earlier version does not.
  const noteWorkspaces: PartialObserver = {
    onSubmit: ({ data }) => void workspaceIndex.note([data.request.workspaceId]),
  };
  const observed = [
    createLogObserver({ log }),
    createCountObserver(counts),
    noteWorkspaces,
    metrics,
    traces?.observer ?? {},
  ];
  const observer = combine(observed);
  const bird = measureBird(plainBird, observer.onBird);
  const connectors = createConnectors({ client: bird });
  const channels = createChannels({ client: bird });
  const { birdOrganizationId: organizationId } = settings;
  const subscriptions =
    organizationId === undefined ? undefined : createSubscriptions({ client: bird, organizationId });
  const queues = createInstallsQueues({ client, keys });
  const chores = createChoresQueue({ client, keys });
  const notificationsQueue = createNotificationsQueue({ client, keys, retentionMs });
  const errands = createErrandsQueue({ client, keys });
  const unreadable = createUnreadableEvents({ client, keys, retentionMs, now });
  const matching = createMatching({ client, queues, keys, retentionMs, ...clock });
  const store = createInstallStore({ client, queues, keys, retentionMs, ...clock });
  // Slightly more than the budget allows, so that installs waiting at the gate use all of it until the next sweep.
  const paceMax = 1.5 * settings.postsPerSecond * (sweepEveryMs / 1000);
  const heldInstalls = createHeldInstalls({ client, keys, matching, paceMax, now });
  const steps = createInstallSteps({
    ...deps,
    observer,
    restarts,
    connectors,
    channels,
    subscriptions,
    accessKeys,
    matching,
    store,
    now,
    machineNow: deps.now ?? Date.now,
    liftHold: heldInstalls.lift,
    random,
  });
  const { digests } = deps.seal;
  const notifications = createNotifications({ client, keys, digests, now, retentionMs });
  const installs = createInstalls({ client, keys, retentionMs, now });
  const links = createAnnounceLinks({
    client,
    keys,
    links: createLinks({ client, keys, installs, retentionMs }),
    notifications,
    notifyUrl: settings.notifyUrl,
  });
  const outbox = createOutbox({
    client,
    keys,
    notifications,
    installs,
    notifyUrl: settings.notifyUrl,
    now,
    onCompleted: async (install) => {
      await links.completed(install);
      await subscribeChannelOf(errands, install);
    },
  });
  const batches = createBatches({ client, keys, retentionMs, now });
  const afterRecount = createAfterRecount({
    ...deps,
    batches,
    notifications,
    addMove: (batchId) => addMoveBatch(chores, batchId),
    notifyUrl: settings.notifyUrl,
  });
  const recounts = createRecountBuffer({ batches, afterRecount, log });
  const actions = createInstallActions({ ...deps, queues, installs, matching, batches, now });
  const runs = createReportRuns(observer);
  const { decided: onDecision } = runs;
  const applyStep = createApplyStep({ store, matching, outbox, batches, recounts, onDecision, observer });
  const backoff = { baseMs: settings.backoffBaseMs, capMs: settings.backoffCapMs, random };
  const { maxAttempts } = settings;
  const onUnexpectedError = createOnUnexpectedError({
    store,
    applyStep,
    matching,
    outbox,
    backoff,
    log,
    now,
  });
  const processInstall = onUnexpectedError(
    runs.process(createProcessInstall({ ...steps, store, applyStep, maxAttempts })),
  );

  const age = Math.ceil(retentionMs / 1000);
  const common = {
    connection: client,
    lockDuration: stall.lockDurationMs,
    stalledInterval: stall.stalledIntervalMs,
    maxStalledCount,
    removeOnComplete: { age },
    removeOnFail: { age },
  };
  const workers = keys.shards.map(
    ({ prefix }) =>
      new Worker<InstallData, Completion>(installsQueueName, processInstall, {
        ...common,
        ...(traces !== undefined && { telemetry: traces.telemetry }),
        prefix,
        concurrency: Math.ceil(settings.concurrency / keys.shards.length),
        // A fallback: outcomes of Bird and unexpected errors are parked, not retried by BullMQ.
        settings: { backoffStrategy: (attempts) => backoffMs(attempts ?? 1, backoff) },
      }),
  );
  const leaveChores = createLeaveChores({ checkShards: () => checkShards({ client, keys }), log });
  const shared = { ...deps, errands, matching, unreadable, leaveChores, now };
  const choreWorker = startChoreWorker({
    ...shared,
    ...{ queues, chores, notificationsQueue, installs, actions, outbox, heldInstalls, batches, afterRecount },
    ...{ options: common, retentionMs, sweepEveryMs, sweepLinks: links.sweep },
  });
  const errandWorker = startErrandWorker({
    ...shared,
    ...{ observer, channels, subscriptions, random },
    lock: { lockDuration: stall.lockDurationMs, stalledInterval: stall.stalledIntervalMs, maxStalledCount },
  });
  for (const each of [...workers, choreWorker, errandWorker]) each.on("error", redis.failed);
  const settle = (job: InstallJob | undefined): void => {
    if (job !== undefined) {
      recounts.add(job.data);
      runs.ended(job);
    }
    if (job?.id === undefined || !outbox.isWanted(job.data.request)) return;
    outbox.flush(job.id).catch((error: Error) => {
      log.warn(
        { installId: job.id, reason: error.message },
        "could not tell the outcome yet; the sweep will",
      );
    });
  };
  for (const worker of workers) {
    worker.on("completed", settle);
    worker.on("failed", settle);
  }
  const stopSweeping = await keepSweeping({ chores, everyMs: sweepEveryMs, log, now });
  await Promise.all([...workers, choreWorker, errandWorker].map((each) => each.waitUntilReady()));
  let isClosing = false;
  return {
    isRunning: () => workers.every((worker) => worker.isRunning()) && !isClosing,
    close: async ({ graceMs = 20_000 } = {}) => {
      isClosing = true;
      stopSweeping();
      const cutOff = setTimeout(() => {
        for (const worker of [...workers, errandWorker]) worker.cancelAllJobs("the worker stops");
        redis.endWaiting();
      }, graceMs);
      await Promise.all([...workers, choreWorker, errandWorker].map((each) => each.close()));
      clearTimeout(cutOff);
      await redis.close();
      await Promise.all([recounts.flush(), counts.close()]);
      await Promise.all([
        queues.close(),
        chores.close(),
        errands.close(),
        notificationsQueue.close(),
        notifications.close(),
      ]);
      bird.close();
    },
  };
};

/** Enqueues the subscriptions that a completed install asked for. */
const subscribeChannelOf = async (errands: ErrandsQueue, install: Install): Promise<void> => {
  const { id: installId, workspaceId, channelId, channelWebhooks } = install;
  if (channelWebhooks === undefined || channelId === undefined) return;
  await addSubscribeChannel(errands, { installId, workspaceId, channelId });
};
