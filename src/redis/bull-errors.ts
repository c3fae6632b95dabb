import { ErrorCode } from "bullmq";

const hasCode =
  (...codes: readonly ErrorCode[]) =>
  (error: unknown): boolean =>
    error instanceof Error && "code" in error && codes.some((code) => code === error.code);

/** Whether BullMQ refused to move a job because it is not in the state it was to be moved from. */
export const isNotInState = hasCode(ErrorCode.JobNotInState);

/** Whether BullMQ refused because the job is gone, or not in the state it was to be moved from. */
export const isGoneOrNotInState = hasCode(ErrorCode.JobNotExist, ErrorCode.JobNotInState);

/** Whether BullMQ refused because the job is gone, not active, or locked by nobody or by another run. */
export const isLockLost = hasCode(
  ErrorCode.JobNotExist,
  ErrorCode.JobLockNotExist,
  ErrorCode.JobNotInState,
  ErrorCode.JobLockMismatch,
);
