import { DelayedError, type Job } from "bullmq";

/**
 * Gives the worker's slot back: the job comes again at `untilMs` (Unix ms), at no cost in BullMQ's attempts. Throws
 * what tells BullMQ so.
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
