import { hash } from "node:crypto";
import type { Keys } from "./keys.ts";
import type { RedisClient } from "./redis-client.ts";

/** Finds the shard of a workspace: all its installs, and all that is kept of the workspace itself, are there. */
export interface Placement {
  /** For whoever is about to keep something of the workspace: its shard is settled and written down. */
  place(workspaceId: string): Promise<Keys>;
  /** For whoever only looks: a workspace nobody has met leaves no trace. */
  look(workspaceId: string): Promise<Keys>;
}

/** Workspaces a process remembers the shard of. */
const rememberedMax = 50_000;

/**
 * A workspace's shard is chosen by its id when it is first met, and written down: it stays where it is when there
 * are more shards one day. A workspace that was there before there were shards stays in the first one.
 */
export const createPlacement = ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Placement => {
  const { shards, placed } = keys;
  const home = keys.home();
  const ask = async (workspaceId: string, mode: "place" | "look"): Promise<Keys> => {
    const [shard, isSettled] = await client.perchPlace(
      home.placements(workspaceId),
      home.workspaceInstalls(workspaceId),
      home.accessKey(workspaceId),
      workspaceId,
      hash("sha256", workspaceId, "buffer").readUInt32BE() % shards.length,
      mode,
    );
    const found = shards[shard];
    if (found === undefined) throw new ShardsError(shard + 1);
    if (isSettled === 1) remember(workspaceId, found);
    return found;
  };
  const remember = (workspaceId: string, shard: Keys): void => {
    if (placed.size >= rememberedMax) placed.clear();
    placed.set(workspaceId, shard);
  };
  const find = (mode: "place" | "look") => async (id: string) => {
    if (shards.length === 1) return home;
    const workspaceId = id.toLowerCase();
    return placed.get(workspaceId) ?? (await ask(workspaceId, mode));
  };
  return { place: find("place"), look: find("look") };
};

/** The fleet works with more shards than this process knows of. */
export class ShardsError extends Error {
  readonly code = "too_few_shards";

  constructor(needed: number) {
    super(
      `SHARDS is too small: this Redis holds installs in ${needed} shards. Set SHARDS=${needed} for every process; it can grow, and never shrink.`,
    );
    this.name = "ShardsError";
  }
}

/**
 * Writes down how many shards there are, before anything is put into them. To be awaited by every process that puts
 * installs on the queue or takes them off.
 *
 * @throws {ShardsError} there are more than this process knows of.
 */
export const agreeOnShards = async ({
  client,
  keys,
}: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): Promise<void> => {
  const count = keys.shards.length;
  const agreed = await client.perchShards(keys.home().shardCount, count);
  if (agreed > count) throw new ShardsError(agreed);
};
