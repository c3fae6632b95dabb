import { DelayedError, type Job, UnrecoverableError } from "bullmq";
import type { Completion } from "../install/install.ts";
import { installError } from "../install/install-error.ts";
import type { Logger } from "../log.ts";
import type { InstallData } from "../queue/install-data.ts";
import type { InstallStore } from "../queue/install-store.ts";
import type { Matching } from "../queue/matching.ts";
import type { Outcomes } from "../queue/outcomes.ts";
import type { Step } from "./run.ts";

export type InstallJob = Job<InstallData, Completion>;

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
  readonly log: Logger;
}) => {
  const { store, matching, outcomes, log } = deps;
  return async (job: InstallJob, token: string, step: Step): Promise<Completion> => {
    const installId = job.id ?? "";
    switch (step.kind) {
      case "complete":
        if (outcomes.isExpected(job.data.request)) await outcomes.expect(installId);
        log.info({ installId, ...step.completion }, "completed");
        return step.completion;
      case "park": {
        if (step.what !== undefined) log.info({ installId, untilMs: step.untilMs }, step.what);
        await store.park({ installId, token, untilMs: step.untilMs, data: step.data, what: step.what });
        await lookAfterPark(installId, step.connectorId);
        throw new DelayedError();
      }
      case "fail": {
        const data = { ...step.data, failure: step.failure };
        if (!(await store.fail({ installId, token, data }))) {
          await store.park({ installId, token, untilMs: 0 });
          throw new DelayedError();
        }
        const { code, message, birdStatus, birdCode } = installError(step.failure);
        log.warn({ installId, code, birdStatus, birdCode }, "failed");
        await matching.release({ connectorId: data.connectorId, installId, ...data.request });
        if (outcomes.isExpected(data.request)) await outcomes.expect(installId);
        throw new UnrecoverableError(`${code}: ${message}`);
      }
      case "leave":
        log.warn({ installId, why: step.why }, "left to another run");
        throw new DelayedError();
    }
  };

  /** Write first, look second: an event, or somebody's wish to cancel, may have come before it was parked. */
  async function lookAfterPark(installId: string, connectorId: string | undefined): Promise<void> {
    if (await matching.hasNews({ installId, connectorId })) await matching.wake(installId);
  }
};

/** To be told of whatever a run throws: when BullMQ will not try again, the install ends by it. */
export const createMindFault =
  (deps: { readonly outcomes: Pick<Outcomes, "isExpected" | "expect"> }) =>
  async (job: InstallJob, error: unknown): Promise<void> => {
    if (error instanceof DelayedError || error instanceof UnrecoverableError) return;
    const isLast = job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
    if (isLast && deps.outcomes.isExpected(job.data.request)) await deps.outcomes.expect(job.id ?? "");
  };
