import { decodeTime, isValid } from "ulid";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { insertIdsLua } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import { checkShards, reopenShard } from "../keyspace/shard-number.ts";
import { idInShard, ShardsError } from "../keyspace/shards.ts";
import { setWindowedLua } from "../keyspace/windowed-hash.ts";
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

interface ClaimDeps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now: () => number;
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
  deps: ClaimDeps,
  requests: readonly ClaimRequest[],
): Promise<readonly Claim[]> => {
  /** Who left an id without a job this long ago adds none any more, and lists have forgotten the id: a new one takes its place. */
  const isAbandoned = (id: string): boolean =>
    isValid(id) && decodeTime(id) < deps.now() - Math.min(pendingMaxMs, deps.retentionMs);
  const [claims] = await Promise.all([
    claimAll(deps, requests, isAbandoned),
    // The claim's own script looks in the home only.
    deps.keys.shards.length > 1 && checkShards(deps),
  ]);
  return claims;
};

/**
 * Claims numbers in their workspaces, each for its install `newId`, unless another one stands for it, and adds the install
 * that stands for it to its lists and to those found by the phone number. New ids come in ascending order.
 *
 * Answers for each `claimed` and the id: the caller adds a job of this id. `pending` and the id: another producer is about
 * to; adding the same id is harmless, and so is replacing an id given as abandoned. `current` and the id: there is an
 * install already. The third value is the failed install whose number this was, or ""; it is kept with the claim for the
 * caller that adds the job.
 *
 * In the home it answers only `grown` and how many when there are more shards than the process knows of, since the process
 * does not see the claims there. In another shard, whose limit is 0, it answers `closed` when the shard was taken back,
 * since no process looks there. In both cases nothing was claimed.
 */
const claimForInstalls = defineScript({
  name: "perchClaim",
  keys: ["shardCount", "installs"],
  args: ["jobKeyPrefix", "keptMs", "phonesMs", "oldestId", "limit"],
  each: {
    keys: ["claim", "phones", "workspaceList", "batchList"],
    args: ["newId", "reinstall", "phoneNumber", "abandonedId"],
  },
  answer: z.array(
    z.tuple([z.enum(["claimed", "pending", "current", "grown", "closed"]), z.string(), z.string()]),
  ),
  lua: `${insertIdsLua}${setWindowedLua}
local number = redis.call('GET', shardCount)
if number and tonumber(number) > tonumber(limit) then
  return {{limit == '0' and 'closed' or 'grown', number, ''}}
end
local newOf = {}
local function insertLater(list, id)
  newOf[list] = newOf[list] or {}
  table.insert(newOf[list], id)
end
local function insertNow(list, id) insertId(list, id, keptMs, oldestId) end
local function claimOne(of)
  local function index(id, insert)
    insert(installs, id)
    insert(of.workspaceList, id)
    if of.batchList ~= installs then insert(of.batchList, id) end
    local ids = redis.call('HGET', of.phones, of.phoneNumber)
    if not ids or not string.find(ids, id, 1, true) then
      setWindowed(of.phones, of.phoneNumber, ids and ids .. ' ' .. id or id, phonesMs)
    end
  end
  local id, failed = string.match(redis.call('GET', of.claim) or '', '^(%S+) ?(%S*)$')
  if id then
    local job = jobKeyPrefix .. id
    local isThere = redis.call('EXISTS', job) == 1
    if not isThere and id ~= of.abandonedId then
      index(id, insertNow)
      return {'pending', id, failed}
    end
    if isThere then
      local ended = redis.call('HMGET', job, 'finishedOn', 'returnvalue', 'uninstalledAt')
      local free = ended[1] and (not ended[2] or ended[3] or of.reinstall == '1')
      if not free then return {'current', id, ''} end
      failed = ended[2] and '' or id
    end
  end
  redis.call('SET', of.claim, failed and failed ~= '' and of.newId .. ' ' .. failed or of.newId)
  index(of.newId, insertLater)
  return {'claimed', of.newId, failed or ''}
end
local answers = {}
for n, of in ipairs(each) do answers[n] = claimOne(of) end
for list, ids in pairs(newOf) do insertIds(list, ids, keptMs, oldestId) end
return answers`,
});

/** Numbers claimed in one script, so that Redis serves others within a millisecond. */
const groupSize = 25;
/** So often the shard is taken back under a claim at most. */
const triesMax = 5;

/** A number that is not claimed yet; `abandonedId` stood for it. */
type Asked = ClaimRequest & { readonly index: number; readonly abandonedId: string };

const claimAll = async (
  deps: ClaimDeps,
  requests: readonly ClaimRequest[],
  isAbandoned: (id: string) => boolean,
): Promise<readonly Claim[]> => {
  const claims: Claim[] = [];
  let asked: readonly Asked[] = requests.map((request, index) => ({ ...request, index, abandonedId: "" }));
  for (let tries = 0; asked.length > 0; tries++) {
    if (tries === triesMax)
      throw new Error("The number of shards changes all the time: stop the processes that differ in SHARDS.");
    const groups = [...Map.groupBy(asked, ({ newId }) => deps.keys.ofInstall(newId))].flatMap(
      ([shard, ofShard]) => inGroups(ofShard).map((group) => ({ shard, group })),
    );
    const again = await Promise.all(
      groups.map(async ({ shard, group }) => {
        const answers = await claimGroup(deps, shard, group);
        if (answers === "closed") return reopened(deps, shard, group);
        return group.flatMap((one, at) => {
          const answer = answers[at];
          if (answer === undefined) throw new RangeError("an answer for every number");
          if (
            answer.kind === "pending" &&
            isAbandoned(answer.installId) &&
            one.abandonedId !== answer.installId
          )
            return [{ ...one, abandonedId: answer.installId }];
          claims[one.index] = answer;
          return [];
        });
      }),
    );
    asked = again.flat();
  }
  return claims;
};

/** In ascending order of the new ids, as the script takes them. */
const inGroups = (asked: readonly Asked[]): (readonly Asked[])[] => {
  const sorted = asked.toSorted((a, b) => (a.newId < b.newId ? -1 : 1));
  return Array.from({ length: Math.ceil(sorted.length / groupSize) }, (_, n) =>
    sorted.slice(n * groupSize, (n + 1) * groupSize),
  );
};

/** The same numbers for the shards their workspaces are in, now that this one was taken back under the claim. */
const reopened = async (deps: ClaimDeps, shard: Keys, group: readonly Asked[]): Promise<readonly Asked[]> => {
  const { assignShard } = createPlacement(deps);
  await reopenShard(deps, shard);
  return Promise.all(
    group.map(async (one) => {
      const place = deps.keys.shards.indexOf(await assignShard(one.workspaceId));
      return { ...one, newId: idInShard(one.newId, place) };
    }),
  );
};

/** @throws {ShardsError} there are more shards than this process knows of. */
const claimGroup = async (
  { client, keys, retentionMs, now }: ClaimDeps,
  shard: Keys,
  group: readonly Asked[],
): Promise<readonly Claim[] | "closed"> => {
  const { window, keptMs, windowKeptMs, oldestId } = indexTimes(retentionMs, now());
  const answers = await claimForInstalls(client, {
    shardCount: shard.shardCount,
    installs: shard.installs,
    jobKeyPrefix: shard.job(""),
    keptMs,
    phonesMs: windowKeptMs,
    oldestId,
    limit: shard === keys.home() ? keys.shards.length : 0,
    each: group.map(({ workspaceId, phoneId, phoneNumber, batchId, newId, reinstall, abandonedId }) => ({
      claim: shard.claim(workspaceId, phoneId),
      phones: shard.lookup("phone", window, phoneNumber),
      workspaceList: shard.workspaceInstalls(workspaceId),
      batchList: batchId === undefined ? shard.installs : shard.batchInstalls(batchId),
      newId,
      reinstall: reinstall ? 1 : 0,
      phoneNumber,
      abandonedId,
    })),
  });
  const claims: Claim[] = [];
  for (const [kind, installId, failedId] of answers) {
    if (kind === "closed") return kind;
    if (kind === "grown") throw new ShardsError(Number(installId));
    claims.push({ kind, installId, ...(failedId !== "" && { failedId }) });
  }
  return claims;
};
