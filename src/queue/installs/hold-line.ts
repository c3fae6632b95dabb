import { z } from "zod";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

/** Pause of an install that is woken when its hold ends; a fallback, ms. */
const waitMs = 24 * 3_600_000;

/**
 * The line of installs that wait for a workspace's hold, those of batches behind the others. `held-installs.ts` lets
 * them in.
 */
interface HoldLine {
  /**
   * Adds an install to the line; call right before parking it for a hold. Returns until when to park it, Unix ms: the
   * first install of a pause until its end, when it probes; the others far off, because they are woken; now when the
   * hold was lifted.
   */
  enter(install: {
    readonly installId: string;
    readonly workspaceId: string;
    readonly batchId: string | undefined;
  }): Promise<number>;
  /** Removes the install from the line. */
  leave(installId: string, workspaceId: string): Promise<void>;
  count(workspaceId: string): Promise<number>;
}

/**
 * Puts an install into the line of its held workspace before it is parked, so that a crash in between cannot lose it.
 * The first of a pause comes again by itself when that is over; the others wait until they are woken. Installs of
 * batches (line 1) come after the others (line 0).
 *
 * Answers `first` and when the pause ends, Unix ms; `waits`; or `open` when the hold has ended.
 */
const awaitHold = defineScript({
  name: "perchAwaitHold",
  keys: ["hold", "waiting", "doors"],
  args: ["installId", "workspaceId", "line", "nowMs"],
  answer: z.tuple([z.enum(["first", "waits", "open"]), z.string()]),
  lua: `
nowMs = tonumber(nowMs)
local known = redis.call('HMGET', hold, 'until', 'next', 'probe', 'probeUntil')
if not known[1] then return {'open', ''} end
local untilMs, probeUntilMs = tonumber(known[1]), tonumber(known[4] or '0')
if untilMs <= nowMs and (probeUntilMs <= nowMs or known[3] == installId) then return {'open', ''} end
redis.call('ZADD', waiting, line, installId)
redis.call('ZADD', doors, 'LT', string.format('%.0f', math.max(untilMs, probeUntilMs) + 1000), workspaceId)
if untilMs > nowMs and (not known[2] or known[2] == installId) then
  redis.call('HSET', hold, 'next', installId)
  return {'first', known[1]}
end
return {'waits', ''}`,
});

export const createHoldLine = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly now?: () => number;
}): HoldLine => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;
  const { findShard } = createPlacement(deps);
  return {
    enter: async ({ installId, workspaceId, batchId }) => {
      const shard = keys.ofInstall(installId);
      const nowMs = now();
      const [answer, atMs] = await awaitHold(client, {
        hold: shard.hold(workspaceId),
        waiting: shard.heldInstalls(workspaceId),
        doors: shard.doors,
        ...{ installId, workspaceId, line: batchId === undefined ? 0 : 1, nowMs },
      });
      if (answer === "first") return Number(atMs);
      return answer === "waits" ? nowMs + waitMs : nowMs;
    },
    leave: async (installId, workspaceId) => {
      const shard = keys.ofInstall(installId);
      await client.zrem(shard.heldInstalls(workspaceId), installId);
      await client.srem(shard.held(workspaceId), installId);
    },
    count: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      const [count, old] = await Promise.all([
        client.zcard(shard.heldInstalls(workspaceId)),
        client.scard(shard.held(workspaceId)),
      ]);
      return count + old;
    },
  };
};
