import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { createTtlCache } from "../../redis/ttl-cache.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement, keepInShard } from "../keyspace/placement.ts";
import { type Seal, UnsealError } from "../secrets/seal.ts";

/** How long a process caches a key, ms. A key that Bird refuses is read again immediately. */
const keptMs = 5000;

/** What versions sealed before every copy said what it is for. The workspace is in it. */
const unboundSchema = z.strictObject({ workspaceId: z.string(), accessKey: z.string() });

export interface AccessKeys {
  /** The workspace's own key, or else everybody's; undefined when its own is stored and cannot be opened. */
  get(workspaceId: string | undefined): Promise<string | undefined>;
  /** The same, read now. */
  refresh(workspaceId: string | undefined): Promise<string | undefined>;
}

export interface AccessKeyStore {
  store(workspaceId: string, accessKey: string): Promise<void>;
  /** @returns whether there was one. */
  remove(workspaceId: string): Promise<boolean>;
}

/** Access keys for Bird: a workspace may have its own, which is stored sealed in Redis. */
export const createAccessKeys = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "openText" | "openUnbound">;
  /** `BIRD_ACCESS_KEY`. */
  readonly defaultKey: string;
}): AccessKeys => {
  const { client, seal, defaultKey } = deps;
  const { findShard } = createPlacement(deps);
  const read = async (workspaceId: string): Promise<string | undefined> => {
    const shard = await findShard(workspaceId);
    const sealed = await client.get(shard.accessKey(workspaceId));
    return sealed === null ? defaultKey : open(seal, { workspaceId, sealed });
  };
  const cache = createTtlCache({ read, keptMs });
  const find =
    (of: (workspaceId: string) => Promise<string | undefined>) => (workspaceId: string | undefined) =>
      workspaceId === undefined ? Promise.resolve(defaultKey) : of(workspaceId.toLowerCase());
  return {
    // A key that could not be opened is not cached: it may have been replaced.
    get: find(async (workspaceId) => (await cache.get(workspaceId)) ?? cache.refresh(workspaceId)),
    refresh: find(cache.refresh),
  };
};

/** Stores access keys of workspaces' own. */
export const createAccessKeyStore = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly seal: Pick<Seal, "sealText">;
}): AccessKeyStore => {
  const { client, seal } = deps;
  const { findShard } = createPlacement(deps);
  return {
    store: async (workspaceId, accessKey) => {
      const sealed = await seal.sealText(accessKey, { purpose: "access-key", workspaceId });
      await keepInShard(deps, workspaceId, (shard) => client.set(shard.accessKey(workspaceId), sealed));
    },
    remove: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      return (await client.del(shard.accessKey(workspaceId))) === 1;
    },
  };
};

const open = async (
  seal: Pick<Seal, "openText" | "openUnbound">,
  { workspaceId, sealed }: { readonly workspaceId: string; readonly sealed: string },
): Promise<string | undefined> => {
  try {
    return await seal.openText(sealed, { purpose: "access-key", workspaceId });
  } catch (error) {
    if (!(error instanceof UnsealError)) throw error;
    return error.reason === "not_for_this" ? openOlder(seal, { workspaceId, sealed }) : undefined;
  }
};

const openOlder = async (
  seal: Pick<Seal, "openUnbound">,
  { workspaceId, sealed }: { readonly workspaceId: string; readonly sealed: string },
): Promise<string | undefined> => {
  try {
    const stored = unboundSchema.parse(JSON.parse(await seal.openUnbound(sealed)));
    return stored.workspaceId === workspaceId ? stored.accessKey : undefined;
  } catch (error) {
    // Not written by Perch: not a key, and its text must not get into a log.
    if (error instanceof UnsealError || error instanceof SyntaxError || error instanceof z.ZodError)
      return undefined;
    throw error;
  }
};
