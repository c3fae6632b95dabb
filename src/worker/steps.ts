import type { Channels } from "../bird/channels.ts";
import type { Connectors } from "../bird/connectors.ts";
import { createPrepareWorkspace } from "../bird/prepare-workspace.ts";
import { hasKey, ownUrls } from "../bird/receiver.ts";
import type { Subscriptions } from "../bird/subscriptions.ts";
import type { Logger } from "../log.ts";
import type { CheckNumber } from "../meta/check-number.ts";
import { createReadBudget } from "../queue/gate/budget.ts";
import { createGate } from "../queue/gate/gate.ts";
import { createHolds } from "../queue/gate/holds.ts";
import type { InstallStore } from "../queue/installs/store.ts";
import type { Keys } from "../queue/keyspace/keys.ts";
import type { Matching } from "../queue/matching/matching.ts";
import { createIsNameShared } from "../queue/matching/same-name.ts";
import type { RestartWatch } from "../queue/redis-state/restart-watch.ts";
import type { Seal } from "../queue/secrets/seal.ts";
import type { AccessKeys } from "../queue/workspaces/access-keys.ts";
import { createSubscriptionStates } from "../queue/workspaces/subscription-states.ts";
import type { RedisClient } from "../redis/client.ts";
import { createAwaitChannel } from "./await-channel.ts";
import { createBudgetedReads } from "./budgeted-reads.ts";
import { createInvalidateSubscription } from "./invalidate-subscription.ts";
import type { WorkerObserver } from "./observe/observer.ts";
import { reportHolds, reportReadWaits } from "./observe/report.ts";
import type { Run, Step } from "./run.ts";
import type { WorkerSettings } from "./settings.ts";
import { createAskMeta } from "./submit/ask-meta.ts";
import { createBindConnector } from "./submit/bind.ts";
import { createAdopt, createLookAgain } from "./submit/look.ts";
import { createDetectLostCreate } from "./submit/lost-create.ts";
import { createPreflight } from "./submit/preflight.ts";
import { createSettleCreate } from "./submit/settle.ts";
import { createSubmit } from "./submit/submit.ts";

/** The two kinds of runs of an install. */
interface InstallSteps {
  /** For installs without a connector. */
  submit(run: Run): Promise<Step>;
  /** For installs with a connector, which are never created again. */
  awaitChannel(run: Run): Promise<Step>;
}

/** Builds the steps of installs from their dependencies. */
export const createInstallSteps = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly connectors: Connectors;
  readonly channels: Channels;
  readonly matching: Matching;
  readonly seal: Seal;
  readonly accessKeys: Pick<AccessKeys, "get">;
  readonly subscriptions: Subscriptions | undefined;
  /** Undefined: Meta is not asked. */
  readonly checkNumber?: CheckNumber | undefined;
  readonly store: Pick<InstallStore, "note">;
  readonly restarts: Pick<RestartWatch, "forgotten">;
  readonly settings: WorkerSettings;
  readonly log: Logger;
  readonly observer: Pick<WorkerObserver, "onGate" | "onHold" | "onReadWait" | "onSubmit">;
  readonly now: () => number;
  readonly machineNow: () => number;
  readonly liftHold: (workspaceId: string) => Promise<void>;
  readonly random: () => number;
}): InstallSteps => {
  const { client, keys, matching, seal, settings, observer, log, now, random } = deps;
  const { requestTimeoutMs, lookDelaysMs, firstPollMs, receiver } = settings;
  const template = settings.connectorTemplate;
  const backoff = { baseMs: settings.backoffBaseMs, capMs: settings.backoffCapMs, random };
  const { holdBaseMs: baseMs, holdCapMs: capMs } = settings;
  const holds = reportHolds(createHolds({ client, keys, baseMs, capMs, now }), observer);
  const budget = { perSecond: settings.getsPerSecond };
  const readBudget = reportReadWaits(createReadBudget({ client, keys, budget, now }), observer);
  const { connectors, channels } = createBudgetedReads({ ...deps, readBudget });
  const gate = createGate({
    client,
    keys,
    postBudget: { perSecond: settings.postsPerSecond },
    numberMaxCreates: settings.numberMaxCreates,
    numberWindowMs: settings.numberWindowMs,
    now,
  });

  const awaitChannel = createAwaitChannel({
    matching,
    connectors,
    channels,
    readBudget,
    readyStatuses: settings.readyStatuses,
    firstPollMs,
    deadlineMs: settings.deadlineMs,
    now,
    random,
  });
  const states = createSubscriptionStates({ client, keys });
  const prepare = createPrepareWorkspace({
    subscriptions: deps.subscriptions,
    receiver,
    states,
    takeRead: readBudget.take,
    requestTimeoutMs,
    now,
  });
  const checksSubscription = deps.subscriptions !== undefined && receiver !== undefined && hasKey(receiver);
  const bindConnector = createBindConnector({ matching, awaitChannel, firstPollMs, log, now });
  const adopt = createAdopt({ bindConnector });
  const looks = { connectors, holds, template, lookDelaysMs, backoff, adopt, now };
  const submit = createSubmit({
    connectors,
    gate,
    findHold: holds.find,
    preflight: createPreflight({
      accessKeys: deps.accessKeys,
      holds,
      states,
      prepare: checksSubscription ? prepare : undefined,
      ownUrls: (workspaceId) => (receiver === undefined ? [] : ownUrls(receiver, workspaceId)),
      log,
      now,
    }),
    askMeta:
      deps.checkNumber &&
      createAskMeta({ ...deps, check: deps.checkNumber, mode: settings.metaPreflight ?? "warn" }),
    seal,
    template,
    requestTimeoutMs,
    detectLostCreate: createDetectLostCreate({
      gate,
      restarts: deps.restarts,
      requestTimeoutMs,
      looksMax: lookDelaysMs.length,
      now,
    }),
    lookAgain: createLookAgain({
      ...looks,
      matching,
      readBudget,
      isNameShared: createIsNameShared({ client, keys }),
    }),
    settle: createSettleCreate({ ...looks, bindConnector }),
    liftHold: deps.liftHold,
    observer,
    now,
    machineNow: deps.machineNow,
  });
  return {
    submit,
    awaitChannel: checksSubscription
      ? createInvalidateSubscription({ awaitChannel, states, log, now })
      : awaitChannel,
  };
};
