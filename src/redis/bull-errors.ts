import { ErrorCode } from "bullmq";

/** Whether BullMQ refused to move a job because it is not in the state it was to be moved from. */
export const isNotInState = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === ErrorCode.JobNotInState;
