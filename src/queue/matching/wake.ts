import { z } from "zod";
import { isGoneOrNotInState } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { InstallsQueue, InstallsQueues } from "../installs/queue.ts";
import type { Keys } from "../keyspace/keys.ts";
import { holderLua } from "./scripts.ts";

/**
 * What waking an install came to. `busy`: it runs or is about to, and will look by itself. `failed`: it has failed, and
 * there is no event to heal it. `not_owner`: the event's connector is not its own.
 */
type Waking = "woken" | "healed" | "busy" | "completed" | "cancelled" | "failed" | "not_owner" | "gone";

/**
 * Makes a waiting install run now. With `eventOf`, the connector of an event that has come, a failed install that still
 * owns it is healed by running once more; without, what has failed stays so.
 */
export type Wake = (
  installId: string,
  options?: { readonly eventOf?: string | undefined },
) => Promise<Waking>;

/**
 * Says whether an event of this connector may make a failed install run once more. Answers `yes`, `cancelled` when the
 * install was cancelled, or `not_owner` when the connector is not, or no longer, its own.
 */
const mayHeal = defineScript({
  name: "perchMayHeal",
  keys: ["job", "conn"],
  args: ["connectorId", "installId", "jobKeyPrefix"],
  answer: z.enum(["yes", "cancelled", "not_owner"]),
  lua: `${holderLua}
if redis.call('HGET', conn, 'job') ~= installId then return 'not_owner' end
if not holderOf(jobKeyPrefix, installId, connectorId) then return 'not_owner' end
return redis.call('HEXISTS', job, 'cancelAt') == 1 and 'cancelled' or 'yes'`,
});

export const createWake = (deps: {
  readonly client: RedisClient;
  readonly queues: InstallsQueues;
  readonly keys: Keys;
}): Wake => {
  const { client, queues, keys } = deps;

  const heal = async (installId: string, connectorId: string): Promise<Waking> => {
    const shard = keys.ofInstall(installId);
    const may = await mayHeal(client, {
      job: shard.job(installId),
      conn: shard.connector(connectorId),
      connectorId: connectorId.toLowerCase(),
      installId,
      jobKeyPrefix: shard.job(""),
    });
    return may === "yes" ? runAgain(queues.of(installId), installId) : may;
  };

  return async (installId, { eventOf } = {}) => {
    const queue = queues.of(installId);
    if (await promote(queue, installId)) return "woken";
    const state = await queue.getJobState(installId);
    if (state === "failed") return eventOf === undefined ? "failed" : heal(installId, eventOf);
    if (state === "completed") return "completed";
    return state === "unknown" ? "gone" : "busy";
  };
};

/** Moves a delayed install to where workers take from. Job.promote() would read the job first. */
const promote = async (queue: InstallsQueue, installId: string): Promise<boolean> => {
  try {
    await queue.getBackend().promote(installId);
    return true;
  } catch (error) {
    if (isGoneOrNotInState(error)) return false;
    throw error;
  }
};

const runAgain = async (queue: InstallsQueue, installId: string): Promise<Waking> => {
  const job = await queue.getJob(installId);
  if (job === undefined) return "gone";
  try {
    await job.retry("failed");
    return "healed";
  } catch (error) {
    if (isGoneOrNotInState(error)) return "busy";
    throw error;
  }
};
