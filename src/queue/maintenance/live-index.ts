import { decodeTime, isValid } from "ulid";
import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { hasIds, renewId } from "../../redis/id-set.ts";
import { defineScript } from "../../redis/script.ts";
import { readStoredInstall } from "../installs/data.ts";
import { indexTimes } from "../installs/list.ts";
import type { Keys } from "../keyspace/keys.ts";

/** Installs looked at of each set in one step. */
const stepSize = 500;
/** Installs looked for in one script. */
const groupSize = 100;

/** BullMQ's sets of installs that have not ended and wait. One that runs comes back to them. */
const liveSets = ["delayed", "prioritized"] as const;

/** Keeps an install that still lives findable by its number, in a window of time that is read. */
const renewLookup = defineScript({
  name: "perchRenewLookup",
  keys: ["lookup"],
  args: ["phoneNumber", "id", "keptMs"],
  answer: z.null(),
  lua: `
local ids = redis.call('HGET', lookup, phoneNumber)
if ids and string.find(ids, id, 1, true) then return end
redis.call('HSET', lookup, phoneNumber, ids and ids .. ' ' .. id or id)
redis.call('PEXPIRE', lookup, keptMs)`,
});

/**
 * Keeps installs that live long in the lists. Index entries go after three times the retention, and one whose job was
 * added late may have been taken for dead: an install that is still live is put back. Each step looks at some hundred,
 * so a million take about three hours of sweeps.
 */
export const createLiveIndex = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now: () => number;
}): { readonly renewSome: () => Promise<void> } => {
  const { client, keys, retentionMs, now } = deps;
  const cursors = new Map<string, string>();

  const renewInstall = async (shard: Keys, id: string): Promise<void> => {
    const text = await client.hget(shard.job(id), "data");
    if (text === null) return;
    const { request, batchId } = readStoredInstall(text).data;
    const { keptMs, window } = indexTimes(retentionMs, now());
    const sets = [
      shard.installs,
      shard.workspaceInstalls(request.workspaceId),
      ...(batchId === undefined ? [] : [shard.batchInstalls(batchId)]),
    ];
    for (const key of sets) await renewId(client, { set: key, id, keptMs });
    const { phoneNumber } = request;
    if (phoneNumber === "") return;
    const lookup = shard.lookup("phone", window, phoneNumber);
    await renewLookup(client, { lookup, phoneNumber, id, keptMs });
  };

  const renewSet = async (shard: Keys, set: (typeof liveSets)[number]): Promise<void> => {
    const key = shard.installsIn(set);
    const [next, flat] = await client.zscan(key, cursors.get(key) ?? "0", "COUNT", stepSize);
    cursors.set(key, next);
    const ids = flat.filter((_, place) => place % 2 === 0);
    if (ids.length === 0) return;
    const isIndexed: (0 | 1)[] = [];
    for (let first = 0; first < ids.length; first += groupSize) {
      const group = ids.slice(first, first + groupSize);
      isIndexed.push(...(await hasIds(client, { set: shard.installs, ids: group })));
    }
    const isOld = (id: string): boolean => decodeTime(id) < now() - retentionMs;
    const stale = ids.filter((id, at) => isValid(id) && (isIndexed[at] === 0 || isOld(id)));
    for (const id of stale) await renewInstall(shard, id);
  };

  return {
    renewSome: async () => {
      for (const shard of keys.shards) for (const set of liveSets) await renewSet(shard, set);
    },
  };
};
