import { DelayedError, type Job } from "bullmq";
import { redisFaultOf } from "./errors.ts";

/** How soon a job comes again that was given back. */
const giveBackMs = 1000;

/**
 * The same processor of jobs, at which a fault of Redis costs none of BullMQ's attempts: the job is given back and comes
 * again. When Redis takes not even that, its lock ends, and it comes again all the same.
 */
export const giveBack =
  <J extends Job, T>(
    process: (job: J, token: string | undefined, signal: AbortSignal | undefined) => Promise<T>,
  ) =>
  // BullMQ hands the signal only to a processor that declares three parameters.
  async (job: J, token: string | undefined, signal: AbortSignal | undefined): Promise<T> => {
    try {
      return await process(job, token, signal);
    } catch (error) {
      if (redisFaultOf(error) === undefined) throw error;
      await job.moveToDelayed(Date.now() + giveBackMs, token).catch(() => undefined);
      throw new DelayedError();
    }
  };
