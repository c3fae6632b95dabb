import { decodeTime, isValid } from "ulid";
import type { InstallRequest } from "../../install/request.ts";
import { bandOf, createFairPriorities } from "../../queue/gate/fair-priorities.ts";
import { type Claim, claimNumbers } from "../../queue/installs/claims.ts";
import type { InstallData } from "../../queue/installs/data.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { InstallsQueues } from "../../queue/installs/queue.ts";
import { createMarkPaused } from "../../queue/installs/statuses.ts";
import { viewNewInstall } from "../../queue/installs/view.ts";
import type { Keys } from "../../queue/keyspace/keys.ts";
import type { WorkspaceIndex } from "../../queue/keyspace/workspace-index.ts";
import { readRedisTime } from "../../queue/redis-state/redis-clock.ts";
import type { Seal } from "../../queue/secrets/seal.ts";
import type { RedisClient } from "../../redis/client.ts";
import { detectLostCreate } from "./detect-lost-create.ts";
import type { Enqueued } from "./enqueued.ts";
import { startEnqueueSpans } from "./spans.ts";

/** A validated request to enqueue. */
export interface Submission {
  readonly request: InstallRequest;
  /** The id of the install, unless the number has a current one. */
  readonly newId: string;
  readonly batchId?: string | undefined;
  readonly row?: number | undefined;
  readonly requestedBy?: string | undefined;
  /** The connect link it came by. */
  readonly connect?: InstallData["connect"];
}

/** How the installs of a batch with a canary are enqueued. */
export interface CanaryPut {
  /** How many of the new installs run first; the others wait for them. */
  readonly left: number;
}

interface PutInstallsDeps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly queues: InstallsQueues;
  readonly installs: Installs;
  readonly workspaceIndex: WorkspaceIndex;
  readonly seal: Seal;
  readonly retentionMs: number;
  readonly now: () => number;
}

/**
 * Enqueues requests: claims their numbers, seals each one's secrets for its install, and adds a job for every number that
 * had no current install. Repeating a call that was cut off adds nothing twice.
 *
 * @returns one result a submission, in order.
 */
export const putInstalls = async (
  deps: PutInstallsDeps,
  submissions: readonly Submission[],
  canary?: CanaryPut,
): Promise<readonly Enqueued[]> => {
  const startMs = Date.now();
  const noting = deps.workspaceIndex.note(submissions.map(({ request }) => request.workspaceId));
  const shards = [...new Set(submissions.map(({ newId }) => deps.keys.ofInstall(newId)))];
  // Read before the claims: a restart of Redis that loses an install queued after this is later than this.
  const askedAtMs = new Map(
    await Promise.all(shards.map(async (shard) => [shard, await readRedisTime(deps.client, shard)] as const)),
  );
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
  const askedMs = ({ installId }: Claim): number => askedAtMs.get(deps.keys.ofInstall(installId)) ?? 0;
  const queuedAtMs = (claim: Claim): number =>
    claim.kind === "claimed" ? askedMs(claim) : pendingSinceMs(claim.installId);
  const isOfCanary = canaryOf(claims, canary);
  const jobs = await Promise.all(
    submissions.map(async ({ request, requestedBy, batchId, row, connect }, index) => {
      const claim = claims[index];
      if (claim === undefined) throw new RangeError("a claim for every request");
      const part = canary && (isOfCanary(claim) ? { canary: true } : { paused: true });
      const data = await dataOf(deps.seal, request, claim);
      return {
        claim,
        data: {
          ...data,
          queuedAtMs: queuedAtMs(claim),
          ...{ requestedBy, batchId, row, connect, ...part },
          ...(await detectLostCreate(deps, claim, askedMs(claim))),
        },
      };
    }),
  );
  const fresh = await withPriorities(
    deps,
    jobs.filter(({ claim }) => claim.kind !== "current"),
  );
  const added = await addJobs(deps, fresh, startMs);
  await noting;
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

/**
 * The earliest time another producer can have queued the install whose number it claimed: the id has that producer's
 * clock, which may be a minute ahead, and its job may have been added, run and removed.
 */
const pendingSinceMs = (installId: string): number =>
  isValid(installId) ? decodeTime(installId) - 60_000 : 0;

interface FreshJob {
  readonly claim: Claim;
  readonly data: InstallData;
  readonly priority: number;
}

const addJobs = async (deps: PutInstallsDeps, fresh: readonly FreshJob[], startMs: number) => {
  const spans = startEnqueueSpans(
    fresh.map(({ claim: { installId }, data: { request, batchId, row } }) => ({
      installId,
      workspaceId: request.workspaceId,
      batchId,
      row,
    })),
    startMs,
  );
  let how: "done" | "failed" = "failed";
  try {
    const paused = fresh.filter(({ data }) => data.paused === true);
    await createMarkPaused(deps)(paused.map(({ claim }) => claim.installId));
    const byQueue = [...Map.groupBy(fresh, ({ claim }) => deps.queues.of(claim.installId))];
    const added = await Promise.all(
      byQueue.map(([queue, ofQueue]) =>
        queue.addBulk(
          ofQueue.map(({ claim, data, priority }) => ({
            name: "install",
            data,
            opts: {
              ...jobOptions(claim.installId, priority),
              ...spans.optionsOf(claim.installId),
              ...(data.paused === true && { delay: canaryWaitMs }),
            },
          })),
        ),
      ),
    );
    how = "done";
    return added.flat();
  } finally {
    spans.end(how);
  }
};

/** The end of a canary wakes the installs that wait for it; this delay covers a lost wake-up. */
const canaryWaitMs = 3_600_000;

const canaryOf = (claims: readonly Claim[], canary: CanaryPut | undefined) => {
  const fresh = claims.filter(({ kind }) => kind === "claimed").map(({ installId }) => installId);
  const first = new Set(fresh.slice(0, Math.max(0, canary?.left ?? 0)));
  return ({ installId }: Claim): boolean => first.has(installId);
};

/** The data of a request's install, its secrets sealed for the id of the claim, which another producer may be adding. */
const dataOf = async (
  seal: Seal,
  request: InstallRequest,
  { kind, installId }: Claim,
): Promise<InstallData> => {
  const { accessToken, invitationToken, reinstall: _, channelWebhooks, ...stored } = request;
  const { signingKey, ...webhooks } = channelWebhooks ?? {};
  const data = { request: "url" in webhooks ? { ...stored, channelWebhooks: webhooks } : stored };
  if (kind === "current") return data;
  const install = { installId, workspaceId: request.workspaceId };
  return {
    ...data,
    sealed: await seal.seal({ accessToken, invitationToken }, install),
    ...(signingKey !== undefined && {
      sealedSigningKey: await seal.sealText(signingKey, { purpose: "signing-key", ...install }),
    }),
  };
};

/** Adds the priorities by which workspaces take turns; the jobs of one workspace keep their order. */
const withPriorities = async <Job extends { readonly data: InstallData }>(
  deps: PutInstallsDeps,
  jobs: readonly Job[],
): Promise<readonly (Job & { readonly priority: number })[]> => {
  const fair = createFairPriorities(deps);
  const byBand = Map.groupBy(jobs, ({ data }) => bandOf(data));
  const groups = await Promise.all(
    [...byBand].map(async ([band, ofBand]) => {
      const priorities = await fair.next(
        band,
        ofBand.map(({ data }) => data.request.workspaceId),
      );
      return ofBand.map((job, index) => {
        const priority = priorities[index];
        if (priority === undefined) throw new RangeError("a priority for every install");
        return { ...job, priority };
      });
    }),
  );
  return groups.flat();
};

/**
 * Perch counts attempts itself (`INSTALL_MAX_ATTEMPTS`, a setting of workers), so BullMQ's limit is never reached: an
 * error thrown by a run must not end an install.
 */
const bullAttempts = 1_000_000;

const jobOptions = (jobId: string, priority: number) => ({
  jobId,
  priority,
  attempts: bullAttempts,
  backoff: { type: "custom" },
});
