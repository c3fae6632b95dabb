import { z } from "zod";
import {
  ConnectorOfAnotherInstallError,
  InstallNotFoundError,
  InstallStateError,
} from "../../install/errors/errors.ts";
import type { Install } from "../../install/install.ts";
import type { InstallChange, Requester } from "../../install/request.ts";
import { isNotInState } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Batches } from "../batches/batches.ts";
import { findClaim } from "../installs/claims.ts";
import { type InstallData, installDataSchema, readStoredInstall } from "../installs/data.ts";
import { findOrThrow, type Installs } from "../installs/installs.ts";
import type { InstallsQueues } from "../installs/queue.ts";
import { statusScores } from "../installs/statuses.ts";
import { timelineLine } from "../installs/timeline.ts";
import type { Keys } from "../keyspace/keys.ts";
import { wakePriority } from "../matching/matching.ts";
import { isCurrentLua } from "../matching/scripts.ts";
import type { Seal } from "../secrets/seal.ts";
import { restartedData } from "./restarted-data.ts";

/**
 * Starts a failed or cancelled install again, with the members given replaced. One that has its connector only
 * waits for the channel again: nothing but its metadata and callback can be replaced, and secrets are not needed.
 *
 * @throws {InstallNotFoundError} @throws {InputError} the access token is needed again.
 * @throws {InstallStateError} it has not failed, its number has another current install, its connector stands
 * in the way of the change or is being deleted. @throws {ConnectorOfAnotherInstallError}
 */
export type Retry = (
  installId: string,
  change: InstallChange,
  options?: Requester & {
    /** A place in the queue; default: ahead of all that wait for their first attempt. */
    readonly priority?: number | undefined;
  },
) => Promise<Install>;

const beingUninstalled =
  "Its connector is being deleted at Bird and the end of that is not known: uninstall it again, then retry.";

/**
 * A start that a person asked for is at the front of the interactive band (see `fair-priorities.ts`), so ahead of all
 * that wait for their first attempt.
 */
const retryPriority = 10;

/**
 * Gives a number's claim back to an install that ended, unless another one stands for the number by now. Answers "" when
 * the claim is this install's, or else the id of the other.
 */
const reclaimNumber = defineScript({
  name: "perchReclaim",
  keys: ["claim"],
  args: ["installId", "jobKeyPrefix"],
  answer: z.string(),
  lua: `
local other = string.match(redis.call('GET', claim) or '', '^%S+')
if other and other ~= installId then
  local ended = redis.call('HMGET', jobKeyPrefix .. other, 'finishedOn', 'returnvalue', 'uninstalledAt')
  local free = ended[1] and (not ended[2] or ended[3])
  if not free then return other end
end
redis.call('SET', claim, other and other ~= installId and installId .. ' ' .. other or installId)
return ''`,
});

/**
 * Writes the data a failed install starts again with, before BullMQ runs it again. If the install has its connector it
 * becomes that connector's owner, unless another install that stands for the connector is.
 *
 * Answers `written`, `not_failed`, `uninstalling`, or `other_owner` and that install.
 */
const rewriteFailed = defineScript({
  name: "perchRetry",
  keys: ["job", "logs", "failed", "conn", "statuses"],
  args: ["installId", "data", "priority", "entry", "isBound", "jobKeyPrefix"],
  answer: z.tuple([z.enum(["written", "not_failed", "uninstalling", "other_owner"]), z.string()]),
  lua: `${isCurrentLua}
if not redis.call('ZSCORE', failed, installId) then return {'not_failed', ''} end
if redis.call('HEXISTS', job, 'uninstallingAt') == 1 then return {'uninstalling', ''} end
if isBound == '1' then
  local owner = redis.call('HGET', conn, 'job')
  if owner and owner ~= installId and isCurrent(jobKeyPrefix .. owner) then return {'other_owner', owner} end
  redis.call('HSET', conn, 'job', installId)
  redis.call('PERSIST', conn)
else
  redis.call('HDEL', job, 'bound', 'uninstalledAt')
end
redis.call('HSET', job, 'data', data, 'priority', priority)
redis.call('HDEL', job, 'cancelAt', 'faults')
redis.call('ZADD', statuses, isBound == '1' and ${statusScores.awaiting_channel} or ${statusScores.retrying}, installId)
redis.call('RPUSH', logs, entry)
return {'written', ''}`,
});

export const createRetry = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queues: InstallsQueues;
  readonly installs: Pick<Installs, "find">;
  readonly seal: Seal;
  /** Told of a retry: the row is open again. */
  readonly batches: Pick<Batches, "recount" | "decide">;
  /** Who acts, where a call does not say. */
  readonly requestedBy?: string | undefined;
  readonly now: () => number;
}): Retry => {
  const { client, keys, queues, installs, now } = deps;

  /** The number is this install's again. */
  const reclaim = async (installId: string, before: Install, phoneId: string): Promise<void> => {
    const { workspaceId } = before;
    const shard = keys.ofInstall(installId);
    const other = await reclaimNumber(client, {
      claim: shard.claim(workspaceId, phoneId),
      installId,
      jobKeyPrefix: shard.job(""),
    });
    if (other !== "")
      throw new InstallStateError(
        `The number has another current install by now, ${other}: look at that one.`,
      );
    if (phoneId === before.phoneId) return;
    if ((await findClaim(deps, before)) === installId)
      await client.del(shard.claim(workspaceId, before.phoneId));
  };

  /** An install of a cancelled batch would be cancelled again. */
  const takeBackCancel = async ({ batchId }: Install): Promise<void> => {
    if (batchId === undefined || (await deps.batches.decide(batchId, "retry")) !== "cancelled") return;
    throw new InstallStateError(
      "Its batch is being cancelled: retry it once all installs of that have ended.",
    );
  };

  /** The row it came with has not ended any more. */
  const reopenRow = async ({ batchId, row }: Install): Promise<void> => {
    if (batchId !== undefined && row !== undefined)
      await deps.batches.recount(batchId, [row], { isReopening: true });
  };

  /** The data a failed install starts again with; one that has its connector becomes that connector's owner. */
  const rewrite = async (
    installId: string,
    data: InstallData,
    { priority, line }: { readonly priority: number; readonly line: string },
  ): Promise<void> => {
    const shard = keys.ofInstall(installId);
    const { connectorId = "" } = data;
    const [answer, ownerId] = await rewriteFailed(client, {
      job: shard.job(installId),
      logs: shard.logs(installId),
      failed: shard.job("failed"),
      conn: shard.connector(connectorId),
      statuses: shard.statuses,
      installId,
      data: JSON.stringify(data),
      priority,
      entry: line,
      isBound: connectorId === "" ? 0 : 1,
      jobKeyPrefix: shard.job(""),
    });
    if (answer === "not_failed") throw new InstallStateError("The install runs again already.");
    if (answer === "uninstalling") throw new InstallStateError(beingUninstalled);
    if (answer === "other_owner") throw new ConnectorOfAnotherInstallError(connectorId, ownerId);
  };

  return async (installId, change, { priority = retryPriority, requestedBy = deps.requestedBy } = {}) => {
    const install = await findOrThrow(installs, installId);
    const shard = keys.ofInstall(installId);
    const { unreadable } = readStoredInstall(await client.hget(shard.job(installId), "data"));
    if (unreadable !== undefined) throw new InstallStateError(`It cannot be retried: ${unreadable}`);
    const job = await queues.of(installId).getJob(installId);
    if (job === undefined) throw new InstallNotFoundError(installId);
    if (install.status !== "failed" && install.status !== "cancelled")
      throw new InstallStateError(
        `Only a failed or cancelled install can be retried: this one is ${install.status}.`,
      );
    const data = await restartedData(deps.seal, install, installDataSchema.parse(job.data), change, now());
    const { connectorId, request } = data;
    await reclaim(installId, install, request.phoneId);
    await takeBackCancel(install);
    await rewrite(installId, data, {
      priority: connectorId === undefined ? priority : wakePriority,
      line: timelineLine(now(), "retried", {
        replaced: Object.keys(change).join(", ") || undefined,
        requestedBy,
      }),
    });
    await job.retry("failed", { resetAttemptsMade: true }).catch((error: unknown) => {
      if (isNotInState(error)) throw new InstallStateError("The install runs again already.");
      throw error;
    });
    if (install.error !== undefined)
      await forgetIds(client, { set: shard.errorInstalls(install.error.code), ids: [installId] });
    await reopenRow(install);
    return findOrThrow(installs, installId);
  };
};
