import { decodeTime, isValid } from "ulid";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { forgetIds, readIds } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import { createKeys, type Keys } from "./keys.ts";

/** The id of an install this young may be one that a producer is just adding; clocks may differ by some of it. */
const youngMs = 3_600_000;
const pageSize = 500;
/** The home has a hash of placements for each beginning of workspace ids; so many are read in one script. */
const beginnings = 4096;
const beginningsAtOnce = 256;

/**
 * Raises the number of shards to what the calling process uses; of a fleet that never had more than one nothing is
 * written. The epoch rises, so that no process takes back meanwhile what the caller relies on. Answers how many shards
 * there are, and the epoch.
 */
export const claimShards = defineScript({
  name: "perchShards",
  keys: ["shardCount", "shardEpoch"],
  args: ["count"],
  answer: z.tuple([z.number(), z.number()]),
  lua: `
local known = tonumber(redis.call('GET', shardCount) or '1')
count = tonumber(count)
if known == 1 and count == 1 then return {1, 0} end
if count > known then redis.call('SET', shardCount, count) end
return {math.max(known, count), redis.call('INCR', shardEpoch)}`,
});

/** Removes the mark of a shard if it was made before this epoch. Answers 1, or 0 when no such mark was there. */
export const openShard = defineScript({
  name: "perchOpenShard",
  keys: ["mark"],
  args: ["epoch"],
  answer: z.literal([0, 1]),
  lua: `
local markedAt = redis.call('GET', mark)
if not markedAt or tonumber(markedAt) >= tonumber(epoch) then return 0 end
return redis.call('DEL', mark)`,
});

/** Marks a shard as closed if none of its `installKeys` exists. Answers 1, or 0 when one does. */
const closeShard = defineScript({
  name: "perchCloseShard",
  keys: ["mark"],
  args: ["epoch"],
  moreKeys: "installKeys",
  answer: z.literal([0, 1]),
  lua: `
for _, key in ipairs(installKeys) do
  if redis.call('EXISTS', key) == 1 then return 0 end
end
redis.call('SET', mark, math.max(tonumber(redis.call('GET', mark) or '0'), tonumber(epoch)))
return 1`,
});

/**
 * Finds the workspaces settled in a shard from `first` on, in `count` hashes of placements from the one numbered `from`
 * on. Answers pairs of workspace and shard.
 */
const findPlacedBehind = defineScript({
  name: "perchPlacedBehind",
  keys: ["placements"],
  args: ["from", "count", "first"],
  answer: z.array(z.tuple([z.string(), z.string()])),
  lua: `
from, count, first = tonumber(from), tonumber(count), tonumber(first)
local found = {}
for beginning = from, from + count - 1 do
  local placed = redis.call('HGETALL', placements .. string.format('%03x', beginning))
  for n = 1, #placed, 2 do
    if tonumber(placed[n + 1]) >= first then table.insert(found, {placed[n], placed[n + 1]}) end
  end
end
return found`,
});

/**
 * Lowers the number of shards to `count` and unsettles these workspaces, unless the number or the epoch has changed.
 * Answers 1, or 0 when one has.
 */
const lowerNumber = defineScript({
  name: "perchTakeBackShards",
  keys: ["shardCount", "shardEpoch"],
  args: ["number", "epoch", "count", "placements"],
  moreArgs: "workspaceIds",
  answer: z.literal([0, 1]),
  lua: `
if redis.call('GET', shardCount) ~= number or redis.call('GET', shardEpoch) ~= epoch then return 0 end
if count == '1' then redis.call('DEL', shardCount) else redis.call('SET', shardCount, count) end
for _, id in ipairs(workspaceIds) do redis.call('HDEL', placements .. string.sub(id, 1, 3), id) end
return 1`,
});

/**
 * Takes back the shards this process does not know of, if they are empty: no install, and no access key of a
 * workspace. See `shard-number.ts` for why that is safe while others enqueue. Events that match no install do not
 * count: they stay where they are, and are seen again when there are as many shards again.
 *
 * @param from The number of shards, and the epoch at which it was read.
 * @returns false when they are not empty; true when the caller should read the number of shards again.
 */
export const takeBackShards = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  { number, epoch }: { readonly number: number; readonly epoch: number },
): Promise<boolean> => {
  const home = keys.home();
  const count = keys.shards.length;
  const added = addedShards(keys, number);
  await Promise.all(added.map((shard) => dropForgotten(client, shard)));
  const closed = await Promise.all(
    added.map((shard) =>
      closeShard(client, { mark: shard.shardCount, installKeys: installKeys(shard), epoch }),
    ),
  );
  const isEmpty = closed.every((answer) => answer === 1);
  const placed = isEmpty ? await placedBehind({ client, keys }, count) : [];
  const isUnused = isEmpty && !(await haveAccessKeys(client, { added, placed, count }));
  const isTakenBack =
    isUnused &&
    (await lowerNumber(client, {
      shardCount: home.shardCount,
      shardEpoch: home.shardEpoch,
      ...{ number, epoch, count, placements: home.placements("") },
      workspaceIds: placed.map(({ workspaceId }) => workspaceId),
    })) === 1;
  if (!isTakenBack) await reopen({ client, keys }, added);
  return isUnused;
};

/** Whether the shards this process does not know are empty. Read-only. */
export const areShardsUnused = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  number: number,
): Promise<boolean> => {
  const count = keys.shards.length;
  const added = addedShards(keys, number);
  const used = await Promise.all(added.map(async (shard) => client.exists(...installKeys(shard))));
  if (used.some((found) => found > 0)) return false;
  return !(await haveAccessKeys(client, {
    added,
    placed: await placedBehind({ client, keys }, count),
    count,
  }));
};

const addedShards = (keys: Keys, number: number): readonly Keys[] =>
  createKeys(keys.home().prefix, number).shards.slice(keys.shards.length);

/** Where installs are, in whatever state; the last has the ids of those whose job is just being added, too. */
const installKeys = (shard: Keys): readonly string[] => [
  ...(["wait", "prioritized", "active", "delayed", "completed", "failed"] as const).map(shard.installsIn),
  shard.installs,
];

/** Removes ids of deleted installs from the list, which otherwise happens only when it is read. */
const dropForgotten = async (client: RedisClient, shard: Keys): Promise<void> => {
  for (let bound = "+"; ; ) {
    const ids = await readIds(client, { set: shard.installs, from: bound, limit: pageSize });
    const last = ids.at(-1);
    if (last === undefined) return;
    const jobs = await Promise.all(ids.map((id) => client.exists(shard.job(id))));
    const gone = ids.filter((id, at) => jobs[at] === 0 && isOld(id));
    if (gone.length < ids.length) return;
    await forgetIds(client, { set: shard.installs, ids: gone });
    bound = `(${last}`;
  }
};

const isOld = (id: string): boolean => !isValid(id) || decodeTime(id) < Date.now() - youngMs;

interface Placed {
  readonly workspaceId: string;
  readonly shard: number;
}

/** Workspaces that are settled in shards from this one on. */
const placedBehind = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  first: number,
): Promise<readonly Placed[]> => {
  const home = keys.home();
  const parts = await Promise.all(
    Array.from({ length: beginnings / beginningsAtOnce }, (_, part) =>
      findPlacedBehind(client, {
        placements: home.placements(""),
        from: part * beginningsAtOnce,
        count: beginningsAtOnce,
        first,
      }),
    ),
  );
  return parts.flat().map(([workspaceId, shard]) => ({ workspaceId, shard: Number(shard) }));
};

const haveAccessKeys = async (
  client: RedisClient,
  {
    added,
    placed,
    count,
  }: { readonly added: readonly Keys[]; readonly placed: readonly Placed[]; readonly count: number },
): Promise<boolean> => {
  const found = await Promise.all(
    placed.map(async ({ workspaceId, shard }) => {
      const keys = added[shard - count];
      return keys === undefined ? 0 : client.exists(keys.accessKey(workspaceId));
    }),
  );
  return found.includes(1);
};

/** Removes the marks again, unless another process has taken the shards back meanwhile. */
const reopen = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  added: readonly Keys[],
): Promise<void> => {
  const home = keys.home();
  const { shardCount, shardEpoch } = home;
  const [number, epoch] = await claimShards(client, { shardCount, shardEpoch, count: 1 });
  const counting = added.slice(0, Math.max(0, number - keys.shards.length));
  await Promise.all(counting.map((shard) => openShard(client, { mark: shard.shardCount, epoch })));
};
