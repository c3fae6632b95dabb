import { decodeTime, isValid } from "ulid";
import type { RedisClient } from "../redis/redis-client.ts";
import { forgetIds, readIds } from "./id-leaves.ts";
import { createKeys, type Keys } from "./keys.ts";

/** The id of an install this young may be one that a producer is just adding; clocks may differ by some of it. */
const youngMs = 3_600_000;
const pageSize = 500;
/** The home has a hash of placements for each beginning of workspace ids; so many are read in one script. */
const beginnings = 4096;
const beginningsAtOnce = 256;

/**
 * Takes back the shards this process does not know of, if nothing lies in them: no install, and no access key of a
 * workspace. See `shard-number.ts` for why that is safe while others enqueue. Events that match no install do not
 * count: they stay where they are, and are seen again when there are as many shards again.
 *
 * @param from The number of shards, and the epoch at which it was read.
 * @returns false when something lies there; true when it is worth to look again what the number is now.
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
    added.map((shard) => client.perchCloseShard(shard.shardCount, ...installKeys(shard), epoch)),
  );
  const isEmpty = closed.every((answer) => answer === 1);
  const placed = isEmpty ? await placedBehind({ client, keys }, count) : [];
  const isUnused = isEmpty && !(await haveAccessKeys(client, { added, placed, count }));
  const isTakenBack =
    isUnused &&
    (await client.perchTakeBackShards(
      home.shardCount,
      home.shardEpoch,
      ...[number, epoch, count, home.placements("")],
      ...placed.map(({ workspaceId }) => workspaceId),
    )) === 1;
  if (!isTakenBack) await reopen({ client, keys }, added);
  return isUnused;
};

/** Whether nothing lies in the shards this process does not know of. Only looks. */
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

/** Takes ids out of the list whose installs are gone: it only drops them when somebody reads it. */
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
      client.perchPlacedBehind(home.placements(""), part * beginningsAtOnce, beginningsAtOnce, first),
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

/** Takes the marks away again, unless somebody else has taken the shards back meanwhile. */
const reopen = async (
  { client, keys }: { readonly client: RedisClient; readonly keys: Keys },
  added: readonly Keys[],
): Promise<void> => {
  const home = keys.home();
  const [number, epoch] = await client.perchShards(home.shardCount, home.shardEpoch, 1);
  const counting = added.slice(0, Math.max(0, number - keys.shards.length));
  await Promise.all(counting.map((shard) => client.perchOpenShard(shard.shardCount, epoch)));
};
