import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { InstallData } from "../installs/data.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

export type Band = "interactive" | "bulk";

/** Single installs are interactive and those of batches bulk, unless the request says otherwise. */
export const bandOf = ({ request, batchId }: Pick<InstallData, "request" | "batchId">): Band =>
  request.priority ?? (batchId === undefined ? "interactive" : "bulk");

/**
 * BullMQ's priorities, of which the smallest is served first. Never 0 (a list that is slow to look into); 1 is for
 * installs that have their connector or are being cancelled. 2,097,151 is BullMQ's last (`PRIORITY_LIMIT`).
 */
export const bands = {
  interactive: { firstTag: 10, lastTag: 999_999 },
  bulk: { firstTag: 1_000_000, lastTag: 2_097_151 },
} as const;

/** Installs of one workspace that share a tag: eight million fit in a band before it is first in, first out. */
const quantum = 8;

/**
 * An empty band restarts at its first tag, but not within this time of its last start, because installs enqueued together
 * take their tags before the first of them is seen waiting.
 */
const restartMs = 1000;
const keptMs = 7 * 86_400_000;

/**
 * Where the next installs of each workspace start in their band, counted in installs from its first tag. The
 * band's virtual time is the tag of the first that waits, and never goes back: a parked install that returns
 * with its old tag must not let newcomers in front. `counts` is a workspace and how many installs, and so on.
 *
 * BullMQ 6.7 scores a waiting job priority * 2^32 + a counter below 2^32 (`commands/includes/getPriorityScore.lua`);
 * numbers of that size are written out, because Lua shortens them to 14 digits.
 */
const takeTurns = defineScript({
  name: "perchFair",
  keys: ["fair", "prioritized"],
  args: ["firstTag", "lastTag", "quantum", "nowMs", "restartMs", "keptMs"],
  moreArgs: "counts",
  answer: z.array(z.number()),
  lua: `
firstTag, lastTag, quantum = tonumber(firstTag), tonumber(lastTag), tonumber(quantum)
local from = string.format('%.0f', firstTag * 4294967296)
local to = string.format('(%.0f', (lastTag + 1) * 4294967296)
local head = redis.call('ZRANGE', prioritized, from, to, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local served = 0
if head[2] then
  served = (math.floor(tonumber(head[2]) / 4294967296) - firstTag) * quantum
elseif math.abs(nowMs - tonumber(redis.call('HGET', fair, '@sinceMs') or '0')) > tonumber(restartMs) then
  redis.call('DEL', fair)
end
redis.call('HSETNX', fair, '@sinceMs', nowMs)
local virtual = math.max(served, tonumber(redis.call('HGET', fair, '@virtual') or '0'))
redis.call('HSET', fair, '@virtual', string.format('%.0f', virtual))
local starts = {}
for n = 1, #counts, 2 do
  local start = math.max(virtual, tonumber(redis.call('HGET', fair, counts[n]) or '0'))
  redis.call('HSET', fair, counts[n], string.format('%.0f', start + tonumber(counts[n + 1])))
  table.insert(starts, start)
end
redis.call('PEXPIRE', fair, keptMs)
return starts`,
});

interface FairPriorities {
  /**
   * A priority for each of these installs, given by their workspaces, in order.
   *
   * Start-time fair queueing: a workspace's installs take one tag after the other from where its last ended, yet
   * never one before what is served now. So a workspace with few waits only for as many rounds as it has
   * installs, however many another put in before.
   */
  next(band: Band, workspaceIds: readonly string[]): Promise<readonly number[]>;
}

export const createFairPriorities = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now: () => number;
}): FairPriorities => {
  const { client, now } = deps;
  const { assignShard } = createPlacement(deps);

  /** Where the next install of each workspace of a shard starts, in installs from the band's first tag. */
  const startsIn = async (
    shard: Keys,
    band: Band,
    counts: readonly (readonly [workspaceId: string, installs: number])[],
  ): Promise<readonly (readonly [workspaceId: string, start: number])[]> => {
    const { firstTag, lastTag } = bands[band];
    const starts = await takeTurns(client, {
      fair: shard.fair(band),
      prioritized: shard.job("prioritized"),
      ...{ firstTag, lastTag, quantum, nowMs: now(), restartMs, keptMs },
      counts: counts.flat(),
    });
    return counts.map(([id], index) => [id, starts[index] ?? 0]);
  };

  return {
    next: async (band, workspaceIds) => {
      const { firstTag, lastTag } = bands[band];
      const counts = await Promise.all(
        [...Map.groupBy(workspaceIds, (id) => id)].map(async ([id, { length }]) => ({
          shard: await assignShard(id),
          count: [id, length] as const,
        })),
      );
      const byShard = [...Map.groupBy(counts, ({ shard }) => shard)];
      const starts = await Promise.all(
        byShard.map(([shard, ofShard]) =>
          startsIn(
            shard,
            band,
            ofShard.map(({ count }) => count),
          ),
        ),
      );
      const places = new Map(starts.flat());
      return workspaceIds.map((id) => {
        const place = places.get(id) ?? 0;
        places.set(id, place + 1);
        return Math.min(lastTag, firstTag + Math.floor(place / quantum));
      });
    },
  };
};
