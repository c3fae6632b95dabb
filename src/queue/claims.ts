import { indexTimes } from "./install-index.ts";
import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

/** Who stands for a number: a new install, one another producer is just adding, or a current one. */
export interface Claim {
  readonly kind: "claimed" | "pending" | "current";
  readonly installId: string;
  /** The failed install that stood for the number before: its connector may exist. */
  readonly failedId?: string;
}

export interface ClaimRequest {
  readonly workspaceId: string;
  readonly phoneId: string;
  /** The id the install gets if the number is free. */
  readonly newId: string;
  readonly phoneNumber: string;
  readonly batchId: string | undefined;
  /** Whether a completed install gives way to a new one. */
  readonly reinstall: boolean;
}

type ClaimedNumber = Pick<ClaimRequest, "workspaceId" | "phoneId">;

/** The install that stands for each number, whether it still counts or not; undefined when nobody claimed it. */
export const findClaims = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  numbers: readonly ClaimedNumber[],
): Promise<readonly (string | undefined)[]> => {
  if (numbers.length === 0) return [];
  const claims = await client.mget(
    numbers.map(({ workspaceId, phoneId }) => keys.claim(workspaceId, phoneId)),
  );
  return claims.map((claim) => claim?.split(" ")[0]);
};

/** The same for one number. */
export const findClaim = async (
  deps: { readonly client: RedisClient; readonly keys: Keys },
  number: ClaimedNumber,
): Promise<string | undefined> => (await findClaims(deps, [number]))[0];

/**
 * One current install per number and workspace, claimed before its job is added.
 *
 * BullMQ's deduplication ends with the job, so it forgets completed installs and those retried after a
 * failure. A claim outlives both: it names an install id, and whether that install still counts is read
 * from its job. A producer killed between claim and add leaves an id without a job; the next caller adds a
 * job of that very id, so even then no second one can come to be.
 */
export const claimNumbers = async (
  deps: {
    readonly client: RedisClient;
    readonly keys: Keys;
    readonly retentionMs: number;
    readonly now: () => number;
  },
  requests: readonly ClaimRequest[],
): Promise<readonly Claim[]> => {
  const { client, keys } = deps;
  const times = indexTimes(deps.retentionMs, deps.now());
  const answers = await Promise.all(
    requests.map(({ workspaceId, phoneId, newId, phoneNumber, batchId, reinstall }) =>
      client.perchClaim(
        keys.claim(workspaceId, phoneId),
        keys.lookup("phone", times.window, phoneNumber),
        keys.installs,
        keys.workspaceInstalls(workspaceId),
        batchId === undefined ? keys.installs : keys.batchInstalls(batchId),
        newId,
        keys.job(""),
        reinstall ? 1 : 0,
        phoneNumber,
        times.keptMs,
        times.oldestId,
      ),
    ),
  );
  return answers.map(([kind, installId, failedId]) => ({
    kind,
    installId,
    ...(failedId !== "" && { failedId }),
  }));
};
