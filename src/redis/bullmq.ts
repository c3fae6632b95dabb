import { DelayedError, ErrorCode, type Job } from "bullmq";
import { redisFaultOf } from "./errors.ts";

const hasCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    error instanceof Error && "code" in error && codes.some((code) => code === error.code);

/** Whether BullMQ refused to move a job because the job is not in the expected state. */
export const isNotInState = hasCode(ErrorCode.JobNotInState);

/** Whether BullMQ refused because the job does not exist or is not in the expected state. */
export const isGoneOrNotInState = hasCode(ErrorCode.JobNotExist, ErrorCode.JobNotInState);

/** Whether BullMQ refused because the job does not exist, is not active, or is unlocked or locked by another run. */
export const isLockLost = hasCode(
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
);

/** Delay of a job that Redis kept from being processed, ms. */
const delayMs = 1000;

/**
 * Wraps BullMQ's processor: when Redis fails, the job is delayed by a second instead of using up one of its attempts. If
 * the delay fails too, BullMQ retries the job once its lock expires.
 */
export const delayOnRedisFault =
  <J extends Job, T>(
    process: (job: J, token: string | undefined, signal: AbortSignal | undefined) => Promise<T>,
  ) =>
  // BullMQ hands the signal only to a processor that declares three parameters.
  async (job: J, token: string | undefined, signal: AbortSignal | undefined): Promise<T> => {
    try {
      return await process(job, token, signal);
    } catch (error) {
      if (redisFaultOf(error) === undefined) throw error;
      await job.moveToDelayed(Date.now() + delayMs, token).catch(() => undefined);
      throw new DelayedError();
    }
  };
