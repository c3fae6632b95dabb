import { decodeTime, isValid } from "ulid";
import type { RedisClient } from "../redis/redis-client.ts";
import { indexTimes } from "./install-index.ts";
import type { Keys } from "./keys.ts";
import { createPlacement } from "./placement.ts";
import { checkShards, reopenShard } from "./shard-number.ts";
import { idInShard } from "./shard-tags.ts";
import { ShardsError } from "./shards-error.ts";

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
  /** The id the install gets if the number is free; it names the workspace's shard. */
  readonly newId: string;
  readonly phoneNumber: string;
  readonly batchId: string | undefined;
  /** Whether a completed install gives way to a new one. */
  readonly reinstall: boolean;
}

/** Longer than any producer takes between a claim and its job. */
const pendingMaxMs = 3_600_000;

type ClaimedNumber = Pick<ClaimRequest, "workspaceId" | "phoneId">;

/** The install that stands for each number, whether it still counts or not; undefined when nobody claimed it. */
export const findClaims = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  numbers: readonly ClaimedNumber[],
): Promise<readonly (string | undefined)[]> => {
  const { place } = createPlacement({ client, keys });
  const placed = await Promise.all(
    numbers.map(async ({ workspaceId, phoneId }) => {
      const shard = await place(workspaceId);
      return { shard, key: shard.claim(workspaceId, phoneId) };
    }),
  );
  const byShard = [...Map.groupBy(placed, ({ shard }) => shard).values()];
  const found = await Promise.all(
    byShard.map(async (ofShard) => {
      const claims = await client.mget(ofShard.map(({ key }) => key));
      return ofShard.map(({ key }, index) => [key, claims[index]?.split(" ")[0]] as const);
    }),
  );
  const byKey = new Map(found.flat());
  return placed.map(({ key }) => byKey.get(key));
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
 *
 * @throws {ShardsError} there are more shards than this process knows of.
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
  const times = indexTimes(deps.retentionMs, deps.now());
  /** Who left an id without a job this long ago adds none any more, and lists have forgotten the id: a new one takes its place. */
  const isAbandoned = (id: string): boolean =>
    isValid(id) && decodeTime(id) < deps.now() - Math.min(pendingMaxMs, deps.retentionMs);
  const [claims] = await Promise.all([
    Promise.all(requests.map((request) => claimNumber(deps, request, { times, isAbandoned }))),
    // The claim's own script looks in the home only.
    deps.keys.shards.length > 1 && checkShards(deps),
  ]);
  return claims;
};

/** The batch's list, or again the one of all: an empty key has no place in a cluster. */
const listOf = (shard: Keys, batchId: string | undefined): string =>
  batchId === undefined ? shard.installs : shard.batchInstalls(batchId);

/** So often the shard is taken back under a claim at most. */
const triesMax = 5;

const claimNumber = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  { workspaceId, phoneId, phoneNumber, batchId, reinstall, ...request }: ClaimRequest,
  {
    times,
    isAbandoned,
  }: { readonly times: ReturnType<typeof indexTimes>; readonly isAbandoned: (id: string) => boolean },
): Promise<Claim> => {
  const { place } = createPlacement({ client, keys });
  let { newId } = request;
  let abandonedId = "";
  for (let tries = 0; tries < triesMax; tries++) {
    const shard = keys.ofInstall(newId);
    const limit = shard === keys.home() ? keys.shards.length : 0;
    const [kind, installId, failedId] = await client.perchClaim(
      shard.claim(workspaceId, phoneId),
      shard.lookup("phone", times.window, phoneNumber),
      shard.installs,
      shard.workspaceInstalls(workspaceId),
      listOf(shard, batchId),
      shard.shardCount,
      newId,
      shard.job(""),
      reinstall ? 1 : 0,
      phoneNumber,
      times.keptMs,
      times.oldestId,
      limit,
      abandonedId,
    );
    if (kind === "grown") throw new ShardsError(Number(installId));
    if (kind === "closed") {
      await reopenShard({ client, keys }, shard);
      newId = idInShard(newId, keys.shards.indexOf(await place(workspaceId)));
      continue;
    }
    if (kind !== "pending" || !isAbandoned(installId))
      return { kind, installId, ...(failedId !== "" && { failedId }) };
    abandonedId = installId;
  }
  throw new Error("The number of shards changes all the time: stop the processes that differ in SHARDS.");
};
