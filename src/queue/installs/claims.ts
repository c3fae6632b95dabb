import { decodeTime, isValid } from "ulid";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { insertIdLua } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import { checkShards, reopenShard } from "../keyspace/shard-number.ts";
import { idInShard, ShardsError } from "../keyspace/shards.ts";
import { indexTimes } from "./list.ts";

/** Who stands for a number: a new install, one another producer is just adding, or a current one. */
export interface Claim {
  readonly kind: "claimed" | "pending" | "current";
  readonly installId: string;
  /** The failed install that stood for the number before: its connector may exist. */
  readonly failedId?: string;
}

interface ClaimRequest {
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

/** Finds the install named by the claim of each number, current or not; undefined for an unclaimed number. */
export const findClaims = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  numbers: readonly ClaimedNumber[],
): Promise<readonly (string | undefined)[]> => {
  const { assignShard } = createPlacement({ client, keys });
  const placed = await Promise.all(
    numbers.map(async ({ workspaceId, phoneId }) => {
      const shard = await assignShard(workspaceId);
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

/** Like {@link findClaims}, for one number. */
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

/**
 * Claims a number in a workspace for the install `newId`, unless another one stands for it, and adds the install that
 * stands for it to its lists and to those found by the phone number.
 *
 * Answers `claimed` and the id: the caller adds a job of this id. `pending` and the id: another producer is about to;
 * adding the same id is harmless, and so is replacing an id given as abandoned. `current` and the id: there is an install
 * already. The third value is the failed install whose number this was, or ""; it is kept with the claim for the caller
 * that adds the job.
 *
 * In the home it answers `grown` and how many when there are more shards than the process knows of, since the process
 * does not see the claims there. In another shard, whose limit is 0, it answers `closed` when the shard was taken back,
 * since no process looks there.
 */
const claimForInstall = defineScript({
  name: "perchClaim",
  keys: ["claim", "phones", "shardCount"],
  args: ["newId", "jobKeyPrefix", "reinstall", "phoneNumber", "keptMs", "oldestId", "limit", "abandonedId"],
  moreKeys: "lists",
  answer: z.tuple([z.enum(["claimed", "pending", "current", "grown", "closed"]), z.string(), z.string()]),
  lua: `${insertIdLua}
local number = redis.call('GET', shardCount)
if number and tonumber(number) > tonumber(limit) then
  return {limit == '0' and 'closed' or 'grown', number, ''}
end
local function index(id)
  for _, list in ipairs(lists) do insertId(list, id, keptMs, oldestId) end
  local ids = redis.call('HGET', phones, phoneNumber)
  if not ids or not string.find(ids, id, 1, true) then
    redis.call('HSET', phones, phoneNumber, ids and ids .. ' ' .. id or id)
    redis.call('PEXPIRE', phones, keptMs)
  end
end
local id, failed = string.match(redis.call('GET', claim) or '', '^(%S+) ?(%S*)$')
if id then
  local job = jobKeyPrefix .. id
  local isThere = redis.call('EXISTS', job) == 1
  if not isThere and id ~= abandonedId then
    index(id)
    return {'pending', id, failed}
  end
  if isThere then
    local ended = redis.call('HMGET', job, 'finishedOn', 'returnvalue', 'uninstalledAt')
    local free = ended[1] and (not ended[2] or ended[3] or reinstall == '1')
    if not free then return {'current', id, ''} end
    failed = ended[2] and '' or id
  end
end
redis.call('SET', claim, failed and failed ~= '' and newId .. ' ' .. failed or newId)
index(newId)
return {'claimed', newId, failed or ''}`,
});

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
  const { assignShard } = createPlacement({ client, keys });
  let { newId } = request;
  let abandonedId = "";
  for (let tries = 0; tries < triesMax; tries++) {
    const shard = keys.ofInstall(newId);
    const limit = shard === keys.home() ? keys.shards.length : 0;
    const [kind, installId, failedId] = await claimForInstall(client, {
      claim: shard.claim(workspaceId, phoneId),
      phones: shard.lookup("phone", times.window, phoneNumber),
      shardCount: shard.shardCount,
      lists: [
        shard.installs,
        shard.workspaceInstalls(workspaceId),
        ...(batchId === undefined ? [] : [shard.batchInstalls(batchId)]),
      ],
      newId,
      jobKeyPrefix: shard.job(""),
      reinstall: reinstall ? 1 : 0,
      phoneNumber,
      keptMs: times.keptMs,
      oldestId: times.oldestId,
      limit,
      abandonedId,
    });
    if (kind === "grown") throw new ShardsError(Number(installId));
    if (kind === "closed") {
      await reopenShard({ client, keys }, shard);
      newId = idInShard(newId, keys.shards.indexOf(await assignShard(workspaceId)));
      continue;
    }
    if (kind !== "pending" || !isAbandoned(installId))
      return { kind, installId, ...(failedId !== "" && { failedId }) };
    abandonedId = installId;
  }
  throw new Error("The number of shards changes all the time: stop the processes that differ in SHARDS.");
};
