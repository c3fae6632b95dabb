import type { RedisClient } from "../../redis/client.ts";
import { redisFaultOf } from "../../redis/errors.ts";
import type { Keys } from "./keys.ts";
import { ShardsError } from "./shards.ts";
import { claimShards, openShard, takeBackShards } from "./take-back-shards.ts";

/**
 * How many shards there are is a number in the home. It grows when a process that enqueues or takes installs starts
 * with more, and goes back when one starts with fewer while the others are empty.
 *
 * A process that runs meanwhile may still believe in a shard that was taken back, so each of these has a mark of its
 * own (at the shard's `shardCount`), made before the shard is found empty, and each claim of a number checks it in
 * the same script. The mark is the epoch at which it was made. Each process that opens shards, or assigns a workspace to
 * one, raises the epoch in the home first; the number goes back only if the epoch is still what it was before the first
 * mark. So of two who race at most one has its way, and a mark that a killed process left behind is taken away by
 * the next who meets it.
 */
interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
}

/** So often another process changes the number in between, before this one gives up. */
const triesMax = 5;

/**
 * Registers how many shards this process uses, before anything is put into them. To be awaited by every process that
 * enqueues or processes installs, and by no other.
 *
 * @throws {ShardsError} more shards than this process knows are in use.
 */
export const registerShardCount = async (deps: Deps): Promise<void> => {
  const { client, keys } = deps;
  const count = keys.shards.length;
  const { shardCount, shardEpoch } = keys.home();
  for (let tries = 0; tries < triesMax; tries++) {
    const [number, epoch] = await claimShards(client, { shardCount, shardEpoch, count });
    if (number <= count) return openShards(deps, epoch);
    if (!(await takeBackShards(deps, { number, epoch }).catch(unlessForbidden))) break;
  }
  throw new ShardsError(await readShardNumber(deps));
};

/** A webhook service may have a user of its own at Redis, that may not read the keys of a shard: other processes take it back. */
const unlessForbidden = (error: unknown): false => {
  if (redisFaultOf(error)?.kind === "forbidden") return false;
  throw error;
};

/** How many shards there are. Writes nothing. */
export const readShardNumber = async ({ client, keys }: Deps): Promise<number> =>
  Number((await client.get(keys.home().shardCount)) ?? 1);

/** @throws {ShardsError} there are more shards than this process knows of. Writes nothing. */
export const checkShards = async (deps: Deps): Promise<void> => {
  const number = await readShardNumber(deps);
  if (number > deps.keys.shards.length) throw new ShardsError(number);
};

/** Whether a shard bears no mark. The home never does. */
export const isShardOpen = async (client: RedisClient, shard: Keys): Promise<boolean> =>
  shard === shard.home() || (await client.exists(shard.shardCount)) === 0;

/**
 * Call on a marked shard: removes the mark if the shard counts after all, and clears the cached shards of workspaces,
 * which may be outdated.
 */
export const reopenShard = async ({ client, keys }: Deps, shard: Keys): Promise<void> => {
  const { shardCount, shardEpoch } = keys.home();
  const [number, epoch] = await claimShards(client, { shardCount, shardEpoch, count: 1 });
  if (keys.shards.indexOf(shard) < number) await openShard(client, { mark: shard.shardCount, epoch });
  keys.placed.clear();
};

/** Takes away the marks of shards that were taken back once and are used again. */
const openShards = async ({ client, keys }: Deps, epoch: number): Promise<void> => {
  const [, ...others] = keys.shards;
  await Promise.all(others.map((shard) => openShard(client, { mark: shard.shardCount, epoch })));
};
