import { z } from "zod";
import { InputError } from "../install/input-error.ts";
import type { Install } from "../install/install.ts";
import type { InstallChange } from "../install/request.ts";
import type { Requester } from "../install/requested-by.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { defineScript } from "../redis/script.ts";
import type { Batches } from "./batches.ts";
import { findClaim } from "./claims.ts";
import { type InstallData, installDataSchema, type StoredRequest } from "./install-data.ts";
import { InstallNotFoundError } from "./install-not-found-error.ts";
import { ConnectorOfAnotherInstallError, InstallStateError } from "./install-state-error.ts";
import type { Installs } from "./installs.ts";
import type { InstallsQueues } from "./installs-queue.ts";
import type { Keys } from "./keys.ts";
import { type Matching, wakePriority } from "./matching.ts";
import { isOnlyDoubted } from "./only-doubted.ts";
import { type Seal, type Secrets, UnsealError } from "./seal.ts";
import { readStoredInstall } from "./stored-install.ts";
import { timelineLine } from "./timeline.ts";

/** What people and services do to an install that exists. */
export interface InstallActions {
  /**
   * Starts a failed or cancelled install again, with the members given replaced. One that has its connector only
   * waits for the channel again: nothing but its metadata and callback can be replaced, and secrets are not needed.
   *
   * @throws {InstallNotFoundError} @throws {InputError} the access token is needed again.
   * @throws {InstallStateError} it has not failed, its number has another current install, its connector stands
   * in the way of the change or is being deleted. @throws {ConnectorOfAnotherInstallError}
   */
  retry(
    installId: string,
    change: InstallChange,
    options?: Requester & {
      /** A place in the queue; default: ahead of all that wait for their first attempt. */
      readonly priority?: number | undefined;
    },
  ): Promise<Install>;
  /**
   * Ends an install that has not ended. A run carries it out, at once when a worker is free; `cancellation` says
   * what stays behind.
   *
   * @throws {InstallNotFoundError} @throws {InstallStateError} it has ended already.
   */
  cancel(
    installId: string,
    options?: Requester & {
      /** It keeps its place in the queue instead of being carried out at once: for many at a time. */
      readonly inTurn?: boolean | undefined;
    },
  ): Promise<Install>;
}

const beingUninstalled =
  "Its connector is being deleted at Bird and the end of that is not known: uninstall it again, then retry.";

/**
 * Priorities of what people asked for: a start at the front of the interactive band (see `fair-priorities.ts`),
 * so ahead of all that wait for their first attempt; an end ahead even of that.
 */
const retryPriority = 10;
const cancelPriority = 1;

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

export const createInstallActions = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queues: InstallsQueues;
  readonly installs: Installs;
  readonly matching: Pick<Matching, "wake">;
  readonly seal: Seal;
  /** Told of a retry: the row is open again. */
  readonly batches: Pick<Batches, "recount" | "decide">;
  /** Who acts, where a call does not say. */
  readonly requestedBy?: string | undefined;
  readonly now?: () => number;
}): InstallActions => {
  const { client, keys, queues, installs, matching } = deps;
  const now = deps.now ?? Date.now;

  const find = async (installId: string): Promise<Install> => {
    const install = await installs.find(installId);
    if (install === undefined) throw new InstallNotFoundError(installId);
    return install;
  };

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
    const [answer, ownerId] = await client.perchRetry(
      ...[shard.job(installId), shard.logs(installId), shard.job("failed"), shard.connector(connectorId)],
      ...[installId, JSON.stringify(data), priority, line, connectorId === "" ? 0 : 1, shard.job("")],
    );
    if (answer === "not_failed") throw new InstallStateError("The install runs again already.");
    if (answer === "uninstalling") throw new InstallStateError(beingUninstalled);
    if (answer === "other_owner") throw new ConnectorOfAnotherInstallError(connectorId, ownerId);
  };

  return {
    retry: async (installId, change, { priority = retryPriority, requestedBy = deps.requestedBy } = {}) => {
      const install = await find(installId);
      const shard = keys.ofInstall(installId);
      const { unreadable } = readStoredInstall(await client.hget(shard.job(installId), "data"));
      if (unreadable !== undefined) throw new InstallStateError(`It cannot be retried: ${unreadable}`);
      const job = await queues.of(installId).getJob(installId);
      if (job === undefined) throw new InstallNotFoundError(installId);
      if (install.status !== "failed" && install.status !== "cancelled")
        throw new InstallStateError(
          `Only a failed or cancelled install can be retried: this one is ${install.status}.`,
        );
      const data = await restarted(deps.seal, install, installDataSchema.parse(job.data), change, now());
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
        if (isNotFailed(error)) throw new InstallStateError("The install runs again already.");
        throw error;
      });
      if (install.error !== undefined)
        await client.perchForget(shard.errorInstalls(install.error.code), installId);
      await reopenRow(install);
      return find(installId);
    },
    cancel: async (installId, { inTurn = false, requestedBy = deps.requestedBy } = {}) => {
      const shard = keys.ofInstall(installId);
      const answer = await client.perchCancel(
        shard.job(installId),
        shard.logs(installId),
        now(),
        inTurn ? "" : cancelPriority,
        timelineLine(now(), "cancel requested", { requestedBy }),
      );
      if (answer === "gone") throw new InstallNotFoundError(installId);
      if (answer === "ended") {
        const { status } = await find(installId);
        throw new InstallStateError(`The install has ended already: it is ${status}.`);
      }
      const waking = await matching.wake(installId);
      // It waits its turn among all others: bring it to the front.
      if (waking === "busy" && !inTurn)
        await queues.of(installId).getBackend().changePriority(installId, cancelPriority);
      return find(installId);
    },
  };
};

/** Members a connector that exists was made with: they can only be changed with a new connector. */
const connectorMembers = [
  "name",
  "wabaId",
  "phoneId",
  "phoneNumber",
  "mbPhoneId",
  "channelConversationalStatusEnabled",
] as const;

/** The data an install starts again with: what it knows of Bird stays, what it counted begins anew. */
const restarted = async (
  seal: Seal,
  install: Install,
  before: InstallData,
  change: InstallChange,
  nowMs: number,
): Promise<InstallData> => {
  const { accessToken, invitationToken, ...members } = change;
  const { requestedBy, batchId, row, failure, sealedSigningKey } = before;
  const retries = (before.retries ?? 0) + 1;
  const common = {
    queuedAtMs: before.queuedAtMs,
    requestedBy,
    batchId,
    row,
    failure,
    sealedSigningKey,
    retries,
    request: replaced(before.request, members),
  };
  const { connectorId } = before;
  if (connectorId !== undefined && install.uninstalledAt === undefined) {
    const inTheWay = connectorMembers.filter((name) => change[name] !== undefined);
    if (inTheWay.length > 0) {
      throw new InstallStateError(
        `Connector ${connectorId} exists already, so ${inTheWay.join(", ")} cannot be replaced: uninstall it first.`,
      );
    }
    const waiting = { sinceMs: nowMs };
    return { ...common, connectorId, adopted: before.adopted, waiting, nextActionAtMs: nowMs };
  }
  const box = { installId: install.id, workspaceId: before.request.workspaceId };
  const sealed = await resealed(seal, before.sealed, { box, accessToken, invitationToken });
  const { clean, checkedAtMs } = before;
  // What only Redis may have forgotten is judged anew by the next run.
  const unanswered = isOnlyDoubted(before)
    ? undefined
    : before.unanswered && { ...before.unanswered, looks: 0 };
  return { ...common, sealed, clean, checkedAtMs, unanswered };
};

const replaced = (request: StoredRequest, members: object): StoredRequest => {
  const given = Object.entries(members).filter(([, value]) => value !== undefined);
  return installDataSchema.shape.request.parse({ ...request, ...Object.fromEntries(given) });
};

const resealed = async (
  seal: Seal,
  sealed: string | undefined,
  {
    box,
    accessToken,
    invitationToken,
  }: Pick<InstallChange, "accessToken" | "invitationToken"> & {
    readonly box: { readonly installId: string; readonly workspaceId: string };
  },
): Promise<string> => {
  const isReplaced = accessToken !== undefined || invitationToken !== undefined;
  if (sealed !== undefined && !isReplaced) return sealed;
  const known = sealed === undefined ? undefined : await openKnown(seal, sealed, box);
  const token = accessToken ?? known?.accessToken;
  if (token === undefined) {
    const message =
      sealed === undefined
        ? "is needed again: the sealed copy was dropped when the connector was made"
        : "is needed again: the sealed copy cannot be opened";
    throw new InputError([{ path: "/accessToken", message }]);
  }
  return seal.seal({ accessToken: token, invitationToken: invitationToken ?? known?.invitationToken }, box);
};

/** What was sealed before; undefined when it cannot be opened: a retry with new tokens is what mends that. */
const openKnown = async (
  seal: Seal,
  sealed: string,
  box: { readonly installId: string; readonly workspaceId: string },
): Promise<Secrets | undefined> => {
  try {
    return await seal.open(sealed, box);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
};

/** BullMQ's code for a job that is not among the failed (`enums/error-code`). */
const isNotFailed = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === -3;
