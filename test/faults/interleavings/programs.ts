import { DelayedError, type Job, UnrecoverableError, type Worker } from "bullmq";
import type { LookUps } from "../../../src/queue/errands.ts";
import type { Holds } from "../../../src/queue/holds.ts";
import type { Matching } from "../../../src/queue/matching.ts";
import type { ReadBudget } from "../../../src/queue/read-budget.ts";
import type { UnreadableEvents } from "../../../src/queue/unreadable-events.ts";
import { createStoreEvent } from "../../../src/webhook/store-event.ts";
import { createAdopt } from "../../../src/worker/adopt.ts";
import { type AwaitChannel, createAwaitChannel } from "../../../src/worker/await-channel.ts";
import { createBindConnector } from "../../../src/worker/bind-connector.ts";
import { createLogInstalls } from "../../../src/worker/log-installs.ts";
import { createLookAgain } from "../../../src/worker/look-again.ts";
import { createProcessInstall } from "../../../src/worker/process-install.ts";
import { createSettleCreate } from "../../../src/worker/settle-create.ts";
import { createSubmit } from "../../../src/worker/submit.ts";
import { createSweep } from "../../../src/worker/sweep.ts";
import { channelOf } from "./bird.ts";
import { forgetBut, issue } from "./operation.ts";
import { log, type Parts } from "./parts.ts";
import type { Program } from "./process-tree.ts";
import { times } from "./times.ts";

const readyStatuses = ["active"];
const template = "template";
const noBudget: ReadBudget = { peek: async () => 0, take: async () => 0 };
const noHold = async () => ({ reason: "rate_limited", untilMs: 0 }) as const;
const holds: Holds = {
  find: async () => undefined,
  holdFor: noHold,
  holdUnauthorized: noHold,
  release: async () => undefined,
};

/** Nobody wants to hear of the outcome. */
const untold = { isExpected: () => false, expect: async () => undefined };

/** The last thing a process does with an install is to look and to wake, whatever it did before. */
const forgetful = (matching: Matching): Matching => ({
  ...matching,
  hasNews: async (install) => {
    forgetBut(`look ${install.connectorId}`);
    return matching.hasNews(install);
  },
  wake: async (installId, options) => {
    forgetBut(`wake ${installId} ${options?.eventOf}`);
    return matching.wake(installId, options);
  },
});

const createProcessor = (parts: Parts) => {
  const { firstPollMs, deadlineMs } = times;
  const backoff = { baseMs: 1000, capMs: 1000, random: () => 0.5 };
  const common = {
    ...parts,
    holds,
    readBudget: noBudget,
    template,
    readyStatuses,
    backoff,
    log,
    firstPollMs,
  };
  const logInstalls = createLogInstalls({ log });
  const ownAwaitChannel = createAwaitChannel({ ...common, deadlineMs, random: () => 0.5 });
  const awaitChannel: AwaitChannel = async (run, taken) => {
    forgetBut(`await ${JSON.stringify([run.data, taken])}`);
    return ownAwaitChannel(run, taken);
  };
  const bindConnector = createBindConnector({ ...common, awaitChannel });
  const adopt = createAdopt({ bindConnector });
  const submit = createSubmit({
    ...common,
    logInstalls,
    findHold: holds.find,
    beforeCreate: async () => undefined,
    seal: {
      seal: async () => "",
      open: async () => ({ accessToken: "" }),
      sealText: async () => "",
      openText: async () => "",
      openUnbound: async () => "",
    },
    lookAgain: createLookAgain({ ...common, adopt, isNameShared: async () => false }),
    settle: createSettleCreate({ ...common, adopt, bindConnector }),
  });
  return createProcessInstall({
    submit,
    awaitChannel,
    carryOut: parts.createCarryOut({
      ...common,
      matching: forgetful(parts.matching),
      outcomes: untold,
      batches: { isPaused: async () => false },
      tally: { add: () => undefined },
      logInstalls,
    }),
    maxAttempts: 8,
    store: parts.store,
  });
};

/** BullMQ's refusals of a run whose lock is gone (`enums/error-code`); the worker only reports them. */
const refusals: ReadonlySet<unknown> = new Set([-1, -2, -3, -6]);

const unlessRefused = async (moving: Promise<unknown>): Promise<void> => {
  try {
    await moving;
  } catch (error) {
    if (!(error instanceof Error && "code" in error && refusals.has(error.code))) throw error;
  }
};

/**
 * What the processes of the model do, in Perch's own code. A worker's loop is BullMQ's `processJob`,
 * `handleCompleted` and `handleFailed` (`classes/worker.js`) in short; a webhook's is `webhook-server.ts`.
 */
export const createPrograms = (parts: Parts, worker: Worker) => {
  const processInstall = createProcessor(parts);
  const matching = forgetful(parts.matching);

  const work = (token: string): Program => {
    return async () => {
      const job: Job | undefined = await worker.getNextJob(token, { block: false });
      if (job === undefined) return;
      try {
        const completion = await processInstall(job, token, undefined);
        await unlessRefused(job.moveToCompleted(completion, token, false));
      } catch (error) {
        if (error instanceof DelayedError) return;
        if (!(error instanceof UnrecoverableError)) throw error;
        await unlessRefused(job.moveToFailed(error, token, false));
      }
    };
  };

  const receive = (
    kept: { readonly lookUps: LookUps; readonly unreadable: UnreadableEvents },
    connectorId: string,
  ): Program => {
    const storeEvent = createStoreEvent({ ...parts, ...kept, readyStatuses });
    const { workspaceId, phoneNumber } = parts.request;
    const payload = {
      id: channelOf(connectorId),
      connectorId,
      workspaceId,
      identifier: phoneNumber,
      status: "active",
    };
    const body = Buffer.from(JSON.stringify({ service: "channels", event: "channel.created", payload }));
    return async () => {
      const { wake } = await storeEvent(body, workspaceId);
      await issue({ kind: "acknowledge" });
      if (wake !== undefined) await matching.wake(wake, { eventOf: connectorId });
    };
  };

  const sweep: Program = async () => {
    await createSweep({ ...parts, matching, retentionMs: times.retentionMs, leftBehindMs: 0 })();
  };
  return { work, receive, sweep };
};
