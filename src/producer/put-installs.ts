import type { Redis } from "ioredis";
import type { ErrorCode } from "../install/error-catalogue.ts";
import type { Install } from "../install/install.ts";
import type { InstallRequest } from "../install/request.ts";
import { type Claim, claimNumbers } from "../queue/claims.ts";
import type { InstallData } from "../queue/install-data.ts";
import { viewNewInstall } from "../queue/install-view.ts";
import type { Installs } from "../queue/installs.ts";
import type { InstallsQueue } from "../queue/installs-queue.ts";
import type { Keys } from "../queue/keys.ts";
import type { Seal } from "../queue/seal.ts";

/** A validated request on its way into the queue. */
export interface Submission {
  readonly request: InstallRequest;
  /** The id the install gets unless the number has one already. */
  readonly newId: string;
  readonly batchId?: string | undefined;
  readonly row?: number | undefined;
}

export interface Enqueued {
  readonly install: Install;
  /** False when the number already had a current install in this workspace: `install` is that one. */
  readonly created: boolean;
}

export interface PutInstallsDeps {
  readonly client: Redis;
  readonly keys: Keys;
  readonly queue: InstallsQueue;
  readonly installs: Installs;
  readonly seal: Seal;
  readonly maxAttempts: number;
  readonly retentionMs: number;
  readonly now: () => number;
}

/** BullMQ priorities: never 0 (a list that is slow to look into); 1 is for installs that have their connector. */
const priorities = { interactive: 10, bulk: 100 } as const;

/**
 * Puts requests on the queue: seals their secrets, claims their numbers, adds a job for every number that
 * had no current install. Repeating a call that was cut off anywhere adds nothing twice.
 *
 * @returns one result a submission, in order.
 */
export const putInstalls = async (
  deps: PutInstallsDeps,
  submissions: readonly Submission[],
): Promise<readonly Enqueued[]> => {
  const sealed = await Promise.all(submissions.map(({ request }) => sealRequest(deps.seal, request)));
  const claims = await claimNumbers(
    deps,
    submissions.map(({ request, newId, batchId }) => ({
      workspaceId: request.workspaceId,
      phoneId: request.phoneId,
      newId,
      phoneNumber: request.phoneNumber,
      batchId,
      reinstall: request.reinstall === true,
    })),
  );
  const jobs = await Promise.all(
    submissions.map(async ({ batchId, row }, index) => {
      const claim = claims[index];
      const data = sealed[index];
      if (claim === undefined || data === undefined)
        throw new RangeError("a claim and a seal for every request");
      return { claim, data: { ...data, batchId, row, ...(await suspicion(deps, claim)) } };
    }),
  );
  const added = await deps.queue.addBulk(
    jobs
      .filter(({ claim }) => claim.kind !== "current")
      .map(({ claim, data }) => ({
        name: "install",
        data,
        opts: jobOptions(deps, claim.installId, data),
      })),
  );
  const timestamps = new Map(added.map(({ id, timestamp }) => [id, timestamp]));
  return Promise.all(
    jobs.map(async ({ claim, data }) => {
      const timestamp = timestamps.get(claim.installId) ?? deps.now();
      if (claim.kind === "claimed")
        return { install: viewNewInstall(claim.installId, data, timestamp), created: true };
      const install = await deps.installs.find(claim.installId);
      return { install: install ?? viewNewInstall(claim.installId, data, timestamp), created: false };
    }),
  );
};

/** Failures that prove that Bird has nothing of the install. */
const nothingCreated: ReadonlySet<ErrorCode> = new Set([
  "rejected_by_bird",
  "workspace_not_found",
  "bird_unavailable",
  "rate_limited",
  "number_attempts_exhausted",
]);

/**
 * When the number's install before failed with a connector, or without knowing whether there is one, the new
 * install looks for it and takes it over instead of making a second.
 */
const suspicion = async (
  { installs, now }: PutInstallsDeps,
  { failedId }: Claim,
): Promise<Pick<InstallData, "unanswered">> => {
  const failed = failedId === undefined ? undefined : await installs.find(failedId);
  const code = failed?.error?.code;
  if (code === undefined || (failed?.connectorId === undefined && nothingCreated.has(code))) return {};
  return { unanswered: { sinceMs: now(), looks: 0 } };
};

const sealRequest = async (seal: Seal, request: InstallRequest): Promise<InstallData> => {
  const { accessToken, invitationToken, reinstall: _, channelWebhooks, ...stored } = request;
  const sealed = await seal.seal({ accessToken, invitationToken });
  if (channelWebhooks === undefined) return { request: stored, sealed };
  const { signingKey, ...webhooks } = channelWebhooks;
  return {
    request: { ...stored, channelWebhooks: webhooks },
    sealed,
    sealedSigningKey: await seal.sealText(signingKey),
  };
};

const jobOptions = (deps: PutInstallsDeps, jobId: string, data: InstallData) => ({
  jobId,
  priority: priorities[data.request.priority ?? (data.batchId === undefined ? "interactive" : "bulk")],
  attempts: deps.maxAttempts,
  backoff: { type: "custom" },
});
