import { z } from "zod";
import { type HoldReason, holdReasons } from "../../install/workspace-state.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

export interface Hold {
  readonly reason: HoldReason;
  readonly untilMs: number;
  /** Since when it stands; unknown of one that an earlier version set. */
  readonly sinceMs?: number | undefined;
}

export interface Holds {
  /** The hold of a workspace that has not passed yet. */
  find(workspaceId: string): Promise<Hold | undefined>;
  /** Holds a workspace for as long as Bird said, a day at most. */
  holdFor(workspaceId: string, pauseMs: number): Promise<Hold>;
  /** Holds a workspace whose key is refused, each time for twice as long, up to the cap. */
  holdUnauthorized(workspaceId: string): Promise<Hold>;
  /** Lifts a hold. */
  release(workspaceId: string): Promise<void>;
}

/** How long a hold is remembered after its end, at least: it grows from there, and one install tries before the others. */
const rememberedMinMs = 60_000;

/** No `Retry-After` is believed beyond a day: by then an install fails as rate_limited. */
const askedMaxMs = 24 * 3_600_000;

const holdSchema = z.object({ reason: z.enum(holdReasons), untilMs: z.coerce.number() });

/**
 * A workspace stops, and no create is tried until the pause is over: see `held-installs.ts`. Many runs meet the same
 * refusal at once: only the first lengthens the pause. `fixedMs` below 0 asks for a growing pause. Answers the end and
 * the reason of the hold that stands.
 */
const setHold = defineScript({
  name: "perchHold",
  keys: ["hold", "heldForThis", "heldForOther"],
  args: ["workspaceId", "reason", "nowMs", "fixedMs", "baseMs", "capMs", "rememberedMs"],
  answer: z.tuple([z.string(), z.string()]),
  lua: `
nowMs, baseMs, capMs = tonumber(nowMs), tonumber(baseMs), tonumber(capMs)
local known = redis.call('HMGET', hold, 'until', 'reason', 'streak')
local untilMs, streak = tonumber(known[1] or '0'), tonumber(known[3] or '0')
local pauseMs = tonumber(fixedMs)
local of, other = heldForThis, heldForOther
-- A key that is refused stays the reason while that hold stands, whatever else Bird answers meanwhile.
if pauseMs >= 0 and known[2] == 'unauthorized' and untilMs > nowMs then
  reason, of, other = known[2], other, of
end
if known[2] ~= reason then streak = 0 end
if pauseMs < 0 then
  if untilMs > nowMs then return {known[1], known[2]} end
  pauseMs = math.min(capMs, baseMs * 2 ^ streak)
  streak = streak + 1
end
if untilMs <= nowMs then
  redis.call('HDEL', hold, 'next', 'probe', 'probeUntil', 'tries')
  redis.call('HSET', hold, 'since', string.format('%.0f', nowMs))
end
if nowMs + pauseMs > untilMs or known[2] ~= reason then untilMs = math.max(untilMs, nowMs + pauseMs) end
local text = string.format('%.0f', untilMs)
redis.call('HSET', hold, 'until', text, 'reason', reason, 'streak', streak)
redis.call('PEXPIREAT', hold, string.format('%.0f', untilMs + tonumber(rememberedMs)))
redis.call('ZREM', other, workspaceId)
redis.call('ZREMRANGEBYSCORE', of, '-inf', nowMs)
redis.call('ZADD', of, text, workspaceId)
return {text, reason}`,
});

/**
 * Holds of workspaces, shared by the whole fleet: nothing is sent to Bird for a held workspace, its installs
 * wait at no cost in attempts, and other workspaces do not notice. A hold ends by itself.
 */
export const createHolds = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** First and longest pause of a workspace held as unauthorized, ms. */
  readonly baseMs: number;
  readonly capMs: number;
  readonly now?: () => number;
}): Holds => {
  const { client, baseMs, capMs } = deps;
  const { assignShard, findShard } = createPlacement(deps);
  const now = deps.now ?? Date.now;
  const hold = async (workspaceId: string, reason: HoldReason, fixedMs: number): Promise<Hold> => {
    const shard = await assignShard(workspaceId);
    const [untilMs, standing] = await setHold(client, {
      hold: shard.hold(workspaceId),
      heldForThis: shard.heldWorkspaces(reason),
      heldForOther: shard.heldWorkspaces(reason === "unauthorized" ? "rate_limited" : "unauthorized"),
      ...{ workspaceId, reason, nowMs: now(), fixedMs, baseMs, capMs },
      rememberedMs: Math.max(2 * capMs, rememberedMinMs),
    });
    return holdSchema.parse({ reason: standing, untilMs });
  };
  return {
    find: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      const [reason, untilMs, since] = await client.hmget(
        shard.hold(workspaceId),
        ...["reason", "until", "since"],
      );
      if (reason == null || Number(untilMs) <= now()) return undefined;
      return { ...holdSchema.parse({ reason, untilMs }), ...(since != null && { sinceMs: Number(since) }) };
    },
    holdFor: (workspaceId, pauseMs) =>
      hold(workspaceId, "rate_limited", Math.min(Math.ceil(pauseMs), askedMaxMs)),
    holdUnauthorized: (workspaceId) => hold(workspaceId, "unauthorized", -1),
    release: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      await client.del(shard.hold(workspaceId));
      for (const reason of holdReasons) await client.zrem(shard.heldWorkspaces(reason), workspaceId);
    },
  };
};
