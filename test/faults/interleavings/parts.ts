import { pino } from "pino";
import type { Channels } from "../../../src/bird/channels.ts";
import type { DeletableConnectors } from "../../../src/bird/connectors.ts";
import { createInstallActions } from "../../../src/queue/actions/installs.ts";
import { createUninstalling, type Uninstalling } from "../../../src/queue/actions/uninstalling.ts";
import { createGate, type Gate } from "../../../src/queue/gate/gate.ts";
import type { StoredRequest } from "../../../src/queue/installs/data.ts";
import { createInstalls, type Installs } from "../../../src/queue/installs/installs.ts";
import type { InstallsQueues } from "../../../src/queue/installs/queue.ts";
import { createInstallStore, type InstallStore } from "../../../src/queue/installs/store.ts";
import type { Keys } from "../../../src/queue/keyspace/keys.ts";
import { createMatching, type Matching } from "../../../src/queue/matching/matching.ts";
import type { RestartWatch } from "../../../src/queue/redis-state/restart-watch.ts";
import { createApplyStep } from "../../../src/worker/process.ts";
import { createAskMeta } from "../../../src/worker/submit/ask-meta.ts";
import { createDetectLostCreate } from "../../../src/worker/submit/lost-create.ts";
import { createSubmit } from "../../../src/worker/submit/submit.ts";
import { createOnUnexpectedError } from "../../../src/worker/unexpected-error.ts";
import { createBird } from "./bird.ts";
import type { SteppedRedis } from "./stepped-redis.ts";
import { lookDelaysMs, times } from "./times.ts";

/** What one model runs on. */
export interface Ground {
  readonly client: SteppedRedis;
  readonly queues: InstallsQueues;
  readonly keys: Keys;
  readonly request: StoredRequest;
  /** Redis's time. */
  readonly now: () => number;
  /** The same by the fastest worker's clock. */
  readonly fastest: () => number;
  /** The longest a call to Bird may take, ms. */
  readonly callMs: number;
  /** Whether Redis may restart. */
  readonly hasRestarts: boolean;
  /** Whether Meta is asked before a create, and what it finds ends the install. */
  readonly asksMeta: boolean;
}

/** The pieces of Perch the protocol is put together from. A broken variant exchanges one. */
export interface Parts extends Ground {
  readonly connectors: DeletableConnectors;
  readonly channels: Channels;
  readonly matching: Matching;
  readonly store: InstallStore;
  readonly gate: Gate;
  readonly detectLostCreate: ReturnType<typeof createDetectLostCreate>;
  readonly lookDelaysMs: readonly number[];
  readonly createApplyStep: typeof createApplyStep;
  readonly createAskMeta: typeof createAskMeta;
  readonly createSubmit: typeof createSubmit;
  readonly hasSweep: boolean;
  readonly installs: Installs;
  readonly createUninstalling: (installs: Pick<Installs, "find">) => Uninstalling;
  readonly createActions: typeof createInstallActions;
  readonly createOnUnexpectedError: typeof createOnUnexpectedError;
}

type Restarts = Pick<RestartWatch, "forgotten">;

export const noRestarts: Restarts = { forgotten: async () => ({ atMs: 0, recheckUntilMs: 0 }) };

/** What the explorer has written down of a restart. */
const createRestarts = ({ client, keys }: Ground): Restarts => ({
  forgotten: async () => ({
    atMs: Number((await client.hget(keys.server, "restartedAt")) ?? 0),
    recheckUntilMs: 0,
  }),
});

export const log = pino({ level: "silent" });

/** Perch's own pieces. Left out, because they only wait: holds, budgets, seals. */
export const createParts = (ground: Ground): Parts => {
  const common = { ...ground, retentionMs: times.retentionMs };
  const installs = createInstalls(common);
  const gate = createGate({
    ...common,
    postBudget: { perSecond: 1000 },
    numberMaxCreates: 1000,
    numberWindowMs: 1000,
  });
  return {
    ...ground,
    ...createBird(ground.request),
    matching: createMatching(common),
    store: createInstallStore(common),
    gate: { ...gate, takeBack: async () => undefined },
    detectLostCreate: createDetectLostCreate({
      gate,
      restarts: ground.hasRestarts ? createRestarts(ground) : noRestarts,
      requestTimeoutMs: ground.callMs,
      looksMax: lookDelaysMs.length,
      now: ground.now,
    }),
    lookDelaysMs,
    createApplyStep,
    createAskMeta,
    createSubmit,
    hasSweep: true,
    installs,
    createUninstalling: (seen) => createUninstalling({ ...common, installs: seen }),
    createActions: createInstallActions,
    createOnUnexpectedError,
  };
};
