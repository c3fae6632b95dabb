import type { InstallsQueue, InstallsQueues } from "./installs-queue.ts";
import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

/** What waking an install came to. `busy`: it runs or is about to, and will look by itself. */
export type Waking = "woken" | "healed" | "busy" | "completed" | "cancelled" | "gone";

/** Makes a waiting install run now; a failed one is healed by running once more. */
export type Wake = (installId: string) => Promise<Waking>;

export const createWake = (deps: {
  readonly client: RedisClient;
  readonly queues: InstallsQueues;
  readonly keys: Keys;
}): Wake => {
  const { client, queues, keys } = deps;
  return async (installId) => {
    const queue = queues.of(installId);
    if (await promote(queue, installId)) return "woken";
    const state = await queue.getJobState(installId);
    if (state === "failed") {
      // A late event heals what failed, but not what somebody ended.
      const isCancelled = (await client.hexists(keys.ofInstall(installId).job(installId), "cancelAt")) === 1;
      return isCancelled ? "cancelled" : heal(queue, installId);
    }
    if (state === "completed") return "completed";
    return state === "unknown" ? "gone" : "busy";
  };
};

/** BullMQ's codes for "no such job" and "the job is not in that state" (`enums/error-code`). */
const refusals: ReadonlySet<unknown> = new Set([-1, -3]);

const isRefusal = (error: unknown): boolean =>
  error instanceof Error && "code" in error && refusals.has(error.code);

/** Moves a delayed install to where workers take from. Job.promote() would read the job first. */
const promote = async (queue: InstallsQueue, installId: string): Promise<boolean> => {
  try {
    await queue.getBackend().promote(installId);
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    throw error;
  }
};

const heal = async (queue: InstallsQueue, installId: string): Promise<Waking> => {
  const job = await queue.getJob(installId);
  if (job === undefined) return "gone";
  try {
    await job.retry("failed");
    return "healed";
  } catch (error) {
    if (isRefusal(error)) return "busy";
    throw error;
  }
};
