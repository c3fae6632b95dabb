import { DelayedError, type Job } from "bullmq";

/**
 * Frees the worker's slot: delays the job until `untilMs` (Unix ms) without using up one of BullMQ's attempts.
 *
 * @throws {DelayedError} always, as BullMQ requires of a processor that has moved its job.
 */
export const parkJob = async (
  job: Pick<Job, "moveToDelayed">,
  token: string,
  untilMs: number,
): Promise<never> => {
  await job.moveToDelayed(Math.ceil(untilMs), token);
  throw new DelayedError();
};

/** What Perch's chores and errands need of a BullMQ job. */
export type ParkableJob = Pick<Job, "id" | "data" | "attemptsMade" | "updateData" | "moveToDelayed">;
