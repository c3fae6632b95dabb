import type { Job } from "bullmq";
import type { Logger } from "../log.ts";
import { ShardsError } from "../queue/keyspace/shards.ts";
import { parkJob } from "../queue/maintenance/park-job.ts";

/** When a chore is looked at again, by a process that knows of all shards, ms. */
const againMs = 5000;
const toldEveryMs = 60_000;

type Processor = (job: Job, token?: string, signal?: AbortSignal) => Promise<void>;
/** Wraps BullMQ's processor of chores, or of errands. */
export type LeaveChores = (process: Processor) => Processor;

/**
 * Has a worker that knows of too few shards leave chores to others: it would do them for a part of the installs and call
 * them done. Installs of the shards it knows it goes on with.
 */
export const createLeaveChores = (deps: {
  /** Throws a {@link ShardsError}. */
  readonly checkShards: () => Promise<void>;
  readonly log: Logger;
}): LeaveChores => {
  const { log } = deps;
  let toldAtMs = -toldEveryMs;

  const isBehind = async (): Promise<boolean> => {
    try {
      await deps.checkShards();
      return false;
    } catch (error) {
      if (!(error instanceof ShardsError)) throw error;
      tell(error.message);
      return true;
    }
  };
  const tell = (reason: string): void => {
    if (performance.now() - toldAtMs < toldEveryMs) return;
    toldAtMs = performance.now();
    log.error({ reason }, "this worker knows of too few shards and leaves chores to others");
  };

  return (process) => async (job, token, signal) => {
    if (!(await isBehind())) return process(job, token, signal);
    // The next sweep comes by itself.
    if (job.name === "sweep") return;
    await parkJob(job, token ?? "", Date.now() + againMs);
  };
};
