import type { Job } from "bullmq";
import type { Logger } from "../log.ts";
import { ShardsError } from "../queue/keyspace/shards.ts";
import { parkJob } from "../queue/maintenance/park-job.ts";

/** Delay until a worker that knows all shards may take a chore, ms. */
const againMs = 5000;
const logEveryMs = 60_000;

type Processor = (job: Job, token?: string, signal?: AbortSignal) => Promise<void>;
/** Wraps BullMQ's processor of chores, or of errands. */
export type LeaveChores = (process: Processor) => Processor;

/**
 * Makes a worker that knows fewer shards than the fleet leave chores to others, because it would do them for a part of
 * the installs and mark them as done. It continues to process installs of the shards it knows.
 */
export const createLeaveChores = (deps: {
  /** @throws {ShardsError} this process knows too few shards. */
  readonly checkShards: () => Promise<void>;
  readonly log: Logger;
}): LeaveChores => {
  const { log } = deps;
  let loggedAtMs = -logEveryMs;

  const isBehind = async (): Promise<boolean> => {
    try {
      await deps.checkShards();
      return false;
    } catch (error) {
      if (!(error instanceof ShardsError)) throw error;
      logBehind(error.message);
      return true;
    }
  };
  const logBehind = (reason: string): void => {
    if (performance.now() - loggedAtMs < logEveryMs) return;
    loggedAtMs = performance.now();
    log.error({ reason }, "this worker knows of too few shards and leaves chores to others");
  };

  return (process) => async (job, token, signal) => {
    if (!(await isBehind())) return process(job, token, signal);
    // Sweeps recur: skip this one.
    if (job.name === "sweep") return;
    await parkJob(job, token ?? "", Date.now() + againMs);
  };
};
