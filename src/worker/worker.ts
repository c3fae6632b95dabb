import { Worker } from "bullmq";
import type { Redis } from "ioredis";
import { createBirdClient } from "../bird/bird-client.ts";
import { createChannels } from "../bird/channels.ts";
import { createConnectors } from "../bird/connectors.ts";
import type { Logger } from "../log.ts";
import { createChoresQueue } from "../queue/chores.ts";
import { createHolds } from "../queue/holds.ts";
import { createInstallStore } from "../queue/install-store.ts";
import { createInstallsQueue } from "../queue/installs-queue.ts";
import { choresQueueName, installsQueueName, type Keys } from "../queue/keys.ts";
import { createMatching } from "../queue/matching.ts";
import type { Seal } from "../queue/seal.ts";
import { createAdopt } from "./adopt.ts";
import { createAwaitChannel } from "./await-channel.ts";
import { backoffMs } from "./backoff.ts";
import { createBindConnector } from "./bind-connector.ts";
import { createCarryOut } from "./carry-out.ts";
import { createDoChore } from "./do-chore.ts";
import { createLookAgain } from "./look-again.ts";
import { createProcessInstall } from "./process-install.ts";
import { createSettleCreate } from "./settle-create.ts";
import { createSubmit } from "./submit.ts";
import { createSweep } from "./sweep.ts";

export interface WorkerSettings {
  readonly birdApiUrl: string;
  readonly birdAccessKey: string;
  readonly connectorTemplate: string;
  readonly requestTimeoutMs: number;
  readonly concurrency: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  readonly holdBaseMs: number;
  readonly holdCapMs: number;
  readonly lookDelaysMs: readonly number[];
  readonly firstPollMs: number;
  readonly deadlineMs: number;
  readonly readyStatuses: readonly string[];
  readonly retentionMs: number;
}

export interface InstallWorker {
  /**
   * Takes no more installs, waits for those in hand, and cuts off calls to Bird that last longer than
   * `graceMs`; what is cut off goes back to the queue at no cost in attempts and is looked for first.
   */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

/** How often events that were left behind are looked for. */
const sweepEveryMs = 5000;

/**
 * BullMQ's worker options, measured: a killed worker's installs are taken up again within about 25 s. Stalls
 * are counted over a job's whole life, so the maximum is high: a fleet that is killed often must not fail them.
 */
const stallOptions = { lockDuration: 30_000, stalledInterval: 5000, maxStalledCount: 50 } as const;

/** Takes installs off the queue until it is closed. `client` stays the caller's. */
export const startWorker = async (deps: {
  readonly client: Redis;
  readonly keys: Keys;
  readonly seal: Seal;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly now?: () => number;
  readonly random?: () => number;
}): Promise<InstallWorker> => {
  const { client, keys, settings, log } = deps;
  const { backoffBaseMs, backoffCapMs, retentionMs, readyStatuses, firstPollMs, deadlineMs } = settings;
  const now = deps.now ?? Date.now;
  const random = deps.random ?? Math.random;
  const bird = createBirdClient({
    baseUrl: settings.birdApiUrl,
    accessKey: settings.birdAccessKey,
    requestTimeoutMs: settings.requestTimeoutMs,
  });
  const connectors = createConnectors({ client: bird });
  const channels = createChannels({ client: bird });
  const queue = createInstallsQueue({ client, keys });
  const chores = createChoresQueue({ client, keys });
  const matching = createMatching({ client, queue, keys, retentionMs, now });
  const holds = createHolds({ client, keys, baseMs: settings.holdBaseMs, capMs: settings.holdCapMs, now });
  const store = createInstallStore({ client, queue, keys, retentionMs, now });
  const backoff = { baseMs: backoffBaseMs, capMs: backoffCapMs, random };
  const bird_ = { connectors, template: settings.connectorTemplate, lookDelaysMs: settings.lookDelaysMs };

  const awaitChannel = createAwaitChannel({
    matching,
    connectors,
    channels,
    readyStatuses,
    firstPollMs,
    deadlineMs,
    now,
    random,
  });
  const bindConnector = createBindConnector({ matching, awaitChannel, firstPollMs, log, now });
  const adopt = createAdopt({ bindConnector });
  const submit = createSubmit({
    ...bird_,
    holds,
    seal: deps.seal,
    requestTimeoutMs: settings.requestTimeoutMs,
    lookAgain: createLookAgain({ ...bird_, backoff, adopt, now }),
    settle: createSettleCreate({ ...bird_, holds, bindConnector, adopt, backoff, now }),
    now,
  });
  const carryOut = createCarryOut({ store, matching, log });
  const sweep = createSweep({ client, keys, matching, retentionMs, now });

  const age = Math.ceil(retentionMs / 1000);
  const common = {
    connection: client,
    prefix: keys.prefix,
    ...stallOptions,
    removeOnComplete: { age },
    removeOnFail: { age },
  };
  const worker = new Worker(installsQueueName, createProcessInstall({ submit, awaitChannel, carryOut }), {
    ...common,
    concurrency: settings.concurrency,
    // Only a fault of Perch or Redis ends in BullMQ's own retry; Bird's outcomes are parked.
    settings: { backoffStrategy: (attempts) => backoffMs(attempts ?? 1, backoff) },
  });
  const choreWorker = new Worker(
    choresQueueName,
    createDoChore({ sweep, channels, matching, readyStatuses, log }),
    { ...common, concurrency: 4 },
  );
  for (const each of [worker, choreWorker]) {
    each.on("error", (error) => log.error({ error: error.message }, "worker error"));
    each.on("failed", (job, error) => {
      if (error.name !== "UnrecoverableError") log.error({ installId: job?.id, err: error }, "a run failed");
    });
  }
  await chores.upsertJobScheduler(
    "sweep",
    { every: sweepEveryMs },
    { name: "sweep", data: { kind: "sweep" } },
  );
  await Promise.all([worker.waitUntilReady(), choreWorker.waitUntilReady()]);
  return {
    close: async ({ graceMs = 20_000 } = {}) => {
      const cutOff = setTimeout(() => worker.cancelAllJobs("the worker stops"), graceMs);
      await Promise.all([worker.close(), choreWorker.close()]);
      clearTimeout(cutOff);
      await Promise.all([queue.close(), chores.close()]);
      bird.close();
    },
  };
};
