import { z } from "zod";
import { InstallNotFoundError, InstallStateError } from "../../install/errors/errors.ts";
import type { Install } from "../../install/install.ts";
import type { Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { findOrThrow, type Installs } from "../installs/installs.ts";
import type { InstallsQueues } from "../installs/queue.ts";
import { timelineLine } from "../installs/timeline.ts";
import type { Keys } from "../keyspace/keys.ts";
import type { Matching } from "../matching/matching.ts";

/**
 * Ends an install that has not ended. A run carries it out, at once when a worker is free; `cancellation` says
 * what stays behind.
 *
 * @throws {InstallNotFoundError} @throws {InstallStateError} it has ended already.
 */
export type Cancel = (
  installId: string,
  options?: Requester & {
    /** It keeps its place in the queue instead of being carried out at once: for many at a time. */
    readonly keepsPriority?: boolean | undefined;
  },
) => Promise<Install>;

/** An end that a person asked for is ahead of everything that waits, also of what is retried. */
const cancelPriority = 1;

/**
 * Asks an install to end. Its run then has the priority given, or with "" its own. Answers `asked`, `ended` when it has
 * ended already, or `gone`.
 */
const askToEnd = defineScript({
  name: "perchCancel",
  keys: ["job", "logs"],
  args: ["nowMs", "priority", "entry"],
  answer: z.enum(["asked", "ended", "gone"]),
  lua: `
if redis.call('EXISTS', job) == 0 then return 'gone' end
if redis.call('HEXISTS', job, 'finishedOn') == 1 then return 'ended' end
if redis.call('HSETNX', job, 'cancelAt', nowMs) == 1 then
  if priority ~= '' then redis.call('HSET', job, 'priority', priority) end
  redis.call('RPUSH', logs, entry)
end
return 'asked'`,
});

export const createCancel = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queues: InstallsQueues;
  readonly installs: Pick<Installs, "find">;
  readonly matching: Pick<Matching, "wake">;
  /** Who acts, where a call does not say. */
  readonly requestedBy?: string | undefined;
  readonly now: () => number;
}): Cancel => {
  const { client, keys, queues, installs, matching, now } = deps;

  return async (installId, { keepsPriority = false, requestedBy = deps.requestedBy } = {}) => {
    const shard = keys.ofInstall(installId);
    const answer = await askToEnd(client, {
      job: shard.job(installId),
      logs: shard.logs(installId),
      nowMs: now(),
      priority: keepsPriority ? "" : cancelPriority,
      entry: timelineLine(now(), "cancel requested", { requestedBy }),
    });
    if (answer === "gone") throw new InstallNotFoundError(installId);
    if (answer === "ended") {
      const { status } = await findOrThrow(installs, installId);
      throw new InstallStateError(`The install has ended already: it is ${status}.`);
    }
    const waking = await matching.wake(installId);
    // It waits its turn among all others: bring it to the front.
    if (waking === "busy" && !keepsPriority)
      await queues.of(installId).getBackend().changePriority(installId, cancelPriority);
    return findOrThrow(installs, installId);
  };
};
