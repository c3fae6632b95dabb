import type { ReadBudget } from "../../../src/queue/gate/budget.ts";
import type { Holds } from "../../../src/queue/gate/holds.ts";
import type { Matching } from "../../../src/queue/matching/matching.ts";
import type { Seal } from "../../../src/queue/secrets/seal.ts";
import { redisFaultOf } from "../../../src/redis/errors.ts";
import { type AwaitChannel, createAwaitChannel } from "../../../src/worker/await-channel.ts";
import { createLogObserver } from "../../../src/worker/observe/log.ts";
import { combine } from "../../../src/worker/observe/observer.ts";
import { createProcessInstall } from "../../../src/worker/process.ts";
import { createBindConnector } from "../../../src/worker/submit/bind.ts";
import { createAdopt, createLookAgain } from "../../../src/worker/submit/look.ts";
import { createSettleCreate } from "../../../src/worker/submit/settle.ts";
import { testDigests } from "../../support/test-digests.ts";
import { checkNumber } from "./meta.ts";
import { forgetBut } from "./operation.ts";
import { log, type Parts } from "./parts.ts";
import { times } from "./times.ts";

export const readyStatuses = ["active"];
const template = "template";
const noBudget: ReadBudget = { peek: async () => 0, take: async () => 0 };
const noHold = async () => ({ reason: "rate_limited", untilMs: 0 }) as const;
const holds: Holds = {
  find: async () => undefined,
  holdFor: noHold,
  holdUnauthorized: noHold,
  release: async () => undefined,
};

/** Secrets play no part. */
export const seal: Seal = {
  seal: async () => "",
  open: async () => ({ accessToken: "" }),
  sealText: async () => "",
  openText: async () => "",
  openUnbound: async () => "",
  digests: testDigests,
  keys: [{ kid: "k", fingerprint: "" }],
};

/** No outcome is to be notified. */
const unwanted = { isWanted: () => false, add: async () => undefined };

/** The last thing a process does with an install is to look and to wake, whatever it did before. */
export const forgetful = (matching: Matching): Matching => ({
  ...matching,
  hasNews: async (install) => {
    forgetBut(`look ${install.installId} ${install.connectorId}`);
    return matching.hasNews(install);
  },
  wake: async (installId, options) => {
    forgetBut(`wake ${installId} ${options?.eventOf}`);
    return matching.wake(installId, options);
  },
});

/** BullMQ's processor, of Perch's own code. */
export const createProcessor = (parts: Parts) => {
  const { firstPollMs, deadlineMs } = times;
  const backoff = { baseMs: 1000, capMs: 1000, random: () => 0.5 };
  const common = {
    ...parts,
    holds,
    readBudget: noBudget,
    template,
    requestTimeoutMs: parts.callMs,
    readyStatuses,
    backoff,
    log,
    firstPollMs,
  };
  const observer = combine([createLogObserver({ log })]);
  const ownAwaitChannel = createAwaitChannel({ ...common, deadlineMs, random: () => 0.5 });
  const awaitChannel: AwaitChannel = async (run, taken) => {
    forgetBut(`await ${JSON.stringify([run.data, taken])}`);
    return ownAwaitChannel(run, taken);
  };
  const bindConnector = createBindConnector({ ...common, awaitChannel });
  const adopt = createAdopt({ bindConnector });
  const askMeta = parts.asksMeta
    ? parts.createAskMeta({ ...common, check: checkNumber, mode: "require" })
    : undefined;
  const submit = parts.createSubmit({
    ...common,
    askMeta,
    observer,
    findHold: holds.find,
    liftHold: async () => undefined,
    preflight: async () => undefined,
    seal,
    lookAgain: createLookAgain({ ...common, adopt, isNameShared: async () => false }),
    settle: createSettleCreate({ ...common, adopt, bindConnector }),
  });
  const applyStep = parts.createApplyStep({
    ...common,
    matching: forgetful(parts.matching),
    outbox: unwanted,
    batches: { isPaused: async () => false },
    recounts: { add: () => undefined },
    onDecision: () => undefined,
    observer,
  });
  const onUnexpectedError = parts.createOnUnexpectedError({ ...common, applyStep, outbox: unwanted });
  const process = createProcessInstall({
    submit,
    awaitChannel,
    applyStep,
    maxAttempts: 8,
    store: parts.store,
  });
  // Faults of Perch's own are not settled here: there must be none.
  return async (...run: Parameters<typeof process>): ReturnType<typeof process> => {
    try {
      return await process(...run);
    } catch (error) {
      if (redisFaultOf(error) === undefined) throw error;
      return onUnexpectedError(() => Promise.reject(error))(...run);
    }
  };
};
