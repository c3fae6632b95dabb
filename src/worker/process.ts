import { DelayedError, UnrecoverableError } from "bullmq";
import { installError } from "../install/errors/install-error.ts";
import type { Completion } from "../install/install.ts";
import type { Batches } from "../queue/batches/batches.ts";
import { type InstallData, installDataSchema } from "../queue/installs/data.ts";
import { type InstallStore, LockLostError } from "../queue/installs/store.ts";
import type { Matching } from "../queue/matching/matching.ts";
import type { Outbox } from "../queue/outbox/outbox.ts";
import type { RecountBuffer } from "./batches/recount.ts";
import type { WorkerObserver } from "./observe/observer.ts";
import type { InstallJob, Run, Step } from "./run.ts";

/** One for all runs: BullMQ asks only for its class, and a stack trace for every park costs more than the park's own code. */
const movedOn = new DelayedError();

/** Older versions stamped installs with the producer's clock, which may be ahead of Redis's by this much. */
const clocksApartMs = 60_000;

/**
 * BullMQ's processor of installs: reads the install, decides its next step and applies it. A bound install waits for its
 * channel and is never created again; all others are submitted.
 */
export const createProcessInstall = (deps: {
  readonly submit: (run: Run) => Promise<Step>;
  readonly awaitChannel: (run: Run) => Promise<Step>;
  readonly store: Pick<InstallStore, "leaveHold">;
  readonly applyStep: (job: InstallJob, token: string, step: Step) => Promise<Completion>;
  /** `INSTALL_MAX_ATTEMPTS`. */
  readonly maxAttempts: number;
}) => {
  // BullMQ passes the signal only to a processor that declares three parameters, none with a default.
  return async (
    job: InstallJob,
    lockToken: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Completion> => {
    const token = lockToken ?? "";
    // A run that was killed before it failed the job may have left its failure here.
    const { failure: _, ...data }: InstallData = installDataSchema.parse(job.data);
    const run: Run = {
      installId: job.id ?? "",
      token,
      data,
      heldFor: data.held,
      runNumber: job.attemptsStarted,
      stalls: job.stalledCounter,
      queuedAtMs: data.queuedAtMs ?? job.timestamp - clocksApartMs,
      maxAttempts: deps.maxAttempts,
      signal,
    };
    if (data.held !== undefined) await deps.store.leaveHold(run.installId, data.request.workspaceId);
    const step = await (data.connectorId === undefined ? deps.submit(run) : deps.awaitChannel(run));
    try {
      return await deps.applyStep(job, token, step);
    } catch (error) {
      if (!(error instanceof LockLostError)) throw error;
      return deps.applyStep(job, token, { kind: "leave", why: "the lock was lost" });
    }
  };
};

type Parked = Extract<Step, { readonly kind: "park" }>;

/**
 * Applies a run's step to its BullMQ job. The only place that uses BullMQ's error classes: a DelayedError means the job
 * was already moved, an UnrecoverableError fails it regardless of the attempts left.
 *
 * @see https://docs.bullmq.io/patterns/process-step-jobs
 */
export const createApplyStep = (deps: {
  readonly store: InstallStore;
  readonly matching: Matching;
  readonly outbox: Pick<Outbox, "isWanted" | "add">;
  readonly batches: Pick<Batches, "isPaused">;
  readonly recounts: Pick<RecountBuffer, "add">;
  /** Called with every step before it is applied. */
  readonly onDecision: (job: InstallJob, step: Step) => void;
  readonly observer: Pick<WorkerObserver, "onPark" | "onLeave">;
}) => {
  const { store, matching, outbox, recounts, observer } = deps;
  const park = async (job: InstallJob, token: string, step: Parked): Promise<never> => {
    const installId = job.id ?? "";
    const { untilMs, data, what, isDone = false } = step;
    if (!isDone) await store.park({ installId, token, untilMs, data, what });
    observer.onPark({ job, step });
    if (step.connectorId !== undefined) recounts.add(job.data);
    if (!isDone) await lookAfterPark(installId, step);
    throw movedOn;
  };

  const fail = async (
    installId: string,
    token: string,
    step: Extract<Step, { readonly kind: "fail" }>,
  ): Promise<never> => {
    const data = { ...step.data, failure: step.failure };
    if (!(await store.fail({ installId, token, data }))) {
      await store.park({ installId, token, untilMs: 0 });
      throw movedOn;
    }
    const { code, message } = installError(step.failure);
    await matching.release({ connectorId: data.connectorId, installId, ...data.request });
    if (outbox.isWanted(data.request)) await outbox.add(installId);
    throw new UnrecoverableError(`${code}: ${message}`);
  };

  /**
   * Write first, look second: wakes the install again if an event, a cancel, or the end of its batch's pause came
   * before it was parked.
   */
  const lookAfterPark = async (installId: string, { connectorId, data }: Parked): Promise<void> => {
    const { batchId, canary } = data?.paused === true ? data : {};
    const goesOn = batchId !== undefined && !(await deps.batches.isPaused({ batchId, canary }));
    if (goesOn || (await matching.hasNews({ installId, connectorId })))
      await matching.wake(installId, { eventOf: connectorId });
  };

  return async (job: InstallJob, token: string, step: Step): Promise<Completion> => {
    const installId = job.id ?? "";
    deps.onDecision(job, step);
    switch (step.kind) {
      case "complete":
        if (outbox.isWanted(job.data.request)) await outbox.add(installId);
        return step.completion;
      case "park":
        return park(job, token, step);
      case "fail":
        return fail(installId, token, step);
      case "leave":
        observer.onLeave({ job, why: step.why });
        throw movedOn;
    }
  };
};
