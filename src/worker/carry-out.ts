import { DelayedError, type Job, UnrecoverableError } from "bullmq";
import type { Completion } from "../install/install.ts";
import { installError } from "../install/install-error.ts";
import type { Logger } from "../log.ts";
import type { InstallStore } from "../queue/install-store.ts";
import type { Matching } from "../queue/matching.ts";
import type { Step } from "./run.ts";

/**
 * Carries out what a run ended in, in BullMQ's terms. The one place that knows BullMQ's error classes: a
 * DelayedError says the job was moved already, an UnrecoverableError fails it whatever attempts are left.
 *
 * @see https://docs.bullmq.io/patterns/process-step-jobs
 */
export const createCarryOut = (deps: {
  readonly store: InstallStore;
  readonly matching: Matching;
  readonly log: Logger;
}) => {
  const { store, matching, log } = deps;
  return async (job: Job, token: string, step: Step): Promise<Completion> => {
    const installId = job.id ?? "";
    switch (step.kind) {
      case "complete":
        log.info({ installId, ...step.completion }, "completed");
        return step.completion;
      case "park": {
        if (step.what !== undefined) log.info({ installId, untilMs: step.untilMs }, step.what);
        await store.park({ installId, token, untilMs: step.untilMs, data: step.data, what: step.what });
        if (step.connectorId !== undefined) await lookAfterPark(step.connectorId, installId);
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
        throw new UnrecoverableError(`${code}: ${message}`);
      }
      case "leave":
        log.warn({ installId, why: step.why }, "left to another run");
        throw new DelayedError();
    }
  };

  /** Write first, look second: an event may have come while the install was not parked yet. */
  async function lookAfterPark(connectorId: string, installId: string): Promise<void> {
    if (await matching.hasArrived(connectorId)) await matching.wake(installId);
  }
};
