import { DelayedError, type Job, UnrecoverableError } from "bullmq";
import type { Completion } from "../install/install.ts";
import { installError } from "../install/install-error.ts";
import type { Batches } from "../queue/batches.ts";
import type { InstallData } from "../queue/install-data.ts";
import type { InstallStore } from "../queue/install-store.ts";
import type { Matching } from "../queue/matching.ts";
import type { Outcomes } from "../queue/outcomes.ts";
import type { BatchTally } from "./batch-tally.ts";
import type { LogInstalls } from "./log-installs.ts";
import type { Step } from "./run.ts";

export type InstallJob = Job<InstallData, Completion>;
type Parked = Extract<Step, { readonly kind: "park" }>;

/**
 * Carries out what a run ended in, in BullMQ's terms. The one place that knows BullMQ's error classes: a
 * DelayedError says the job was moved already, an UnrecoverableError fails it whatever attempts are left.
 *
 * @see https://docs.bullmq.io/patterns/process-step-jobs
 */
export const createCarryOut = (deps: {
  readonly store: InstallStore;
  readonly matching: Matching;
  readonly outcomes: Pick<Outcomes, "isExpected" | "expect">;
  readonly batches: Pick<Batches, "isPaused">;
  readonly tally: Pick<BatchTally, "add">;
  readonly logInstalls: Pick<LogInstalls, "decided" | "parked" | "left">;
}) => {
  const { store, matching, outcomes, tally, logInstalls } = deps;
  const park = async (job: InstallJob, token: string, step: Parked): Promise<never> => {
    const installId = job.id ?? "";
    const { untilMs, data, what } = step;
    await store.park({ installId, token, untilMs, data, what });
    logInstalls.parked(job, step);
    if (step.connectorId !== undefined) tally.add(job.data);
    await lookAfterPark(installId, step);
    throw new DelayedError();
  };

  const fail = async (
    installId: string,
    token: string,
    step: Extract<Step, { readonly kind: "fail" }>,
  ): Promise<never> => {
    const data = { ...step.data, failure: step.failure };
    if (!(await store.fail({ installId, token, data }))) {
      await store.park({ installId, token, untilMs: 0 });
      throw new DelayedError();
    }
    const { code, message } = installError(step.failure);
    await matching.release({ connectorId: data.connectorId, installId, ...data.request });
    if (outcomes.isExpected(data.request)) await outcomes.expect(installId);
    throw new UnrecoverableError(`${code}: ${message}`);
  };

  /**
   * Write first, look second: an event, somebody's wish to cancel, or the end of its batch's pause may have come
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
    logInstalls.decided(job, step);
    switch (step.kind) {
      case "complete":
        if (outcomes.isExpected(job.data.request)) await outcomes.expect(installId);
        return step.completion;
      case "park":
        return park(job, token, step);
      case "fail":
        return fail(installId, token, step);
      case "leave":
        logInstalls.left(job, step.why);
        throw new DelayedError();
    }
  };
};
