import { z } from "zod";
import type { Requester } from "../../install/request.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Hold, Holds } from "../gate/holds.ts";
import { timelineLine } from "../installs/timeline.ts";
import type { Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";
import type { Matching } from "../matching/matching.ts";

/** Installs let in at a time. */
const groupSize = 500;
/** Workspaces whose door is looked at in one sweep. */
const doorsMax = 200;

/**
 * Ends a hold whose pause is over: the installs that wait may be let in from now on. Answers 1, or 0 when the workspace
 * is held again.
 *
 * A hold's hash has, beside `until`, `reason` and `streak`: `next`, the install that tries by itself when the pause is
 * over; `probe`, the one whose create is sent and not yet answered, believed until `probeUntil`; and `tries`, how often
 * none of the installs that were woken to try came to a create.
 */
const liftHold = defineScript({
  name: "perchLift",
  keys: ["hold", "doors", "heldUnauthorized", "heldRateLimited"],
  args: ["workspaceId", "nowMs"],
  answer: z.literal([0, 1]),
  lua: `
if tonumber(redis.call('HGET', hold, 'until') or '0') > tonumber(nowMs) then return 0 end
redis.call('DEL', hold)
redis.call('ZREM', heldUnauthorized, workspaceId)
redis.call('ZREM', heldRateLimited, workspaceId)
redis.call('ZADD', doors, 'XX', nowMs, workspaceId)
return 1`,
});

/**
 * Says which installs to let in. While the hold stands, or an install tries, none. When its pause is over and none
 * tries, the first few of the line, twice as many each time no create came of it, since some may be of a paused batch;
 * the gate lets one of them through. Without a hold as many as the workspace may post until the next sweep.
 *
 * Answers `shut`, or `tries` or `open` and the installs.
 */
const selectDue = defineScript({
  name: "perchDoor",
  keys: ["hold", "waiting", "doors"],
  args: ["workspaceId", "nowMs", "paceMax"],
  answer: z.tuple([z.enum(["shut", "tries", "open"])], z.string()),
  lua: `
nowMs, paceMax = tonumber(nowMs), tonumber(paceMax)
if redis.call('EXISTS', waiting) == 0 then
  redis.call('ZREM', doors, workspaceId)
  return {'shut'}
end
local known = redis.call('HMGET', hold, 'until', 'probeUntil')
local shutMs = math.max(tonumber(known[1] or '0'), tonumber(known[2] or '0'))
local text = string.format('%.0f', math.max(shutMs, nowMs))
redis.call('ZADD', doors, text, workspaceId)
if shutMs > nowMs then return {'shut'} end
if not known[1] then return {'open', unpack(redis.call('ZRANGE', waiting, 0, paceMax - 1))} end
local tries = redis.call('HINCRBY', hold, 'tries', 1)
return {'tries', unpack(redis.call('ZRANGE', waiting, 0, math.min(500, 2 ^ (tries - 1)) - 1))}`,
});

interface Deps {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly matching: Pick<Matching, "wake">;
  readonly now?: () => number;
}

/**
 * The door of held workspaces. A hold is a door, not a queue of knockers: the installs that wait are parked far off and
 * cost nothing while it lasts. When its pause is over, one install tries: the first that was held, any that comes new,
 * or, when those were lost or have ended, the next of the line. What Bird answers it lifts the hold or makes another.
 * Then the others are let in at the workspace's pace, so that they find places in its budget; each has the priority
 * that it had, which few of them at a time can use to get ahead.
 */
interface HeldInstalls {
  /** Bird has taken what a workspace sent after its pause: the hold is lifted, unless it was held again meanwhile. */
  lift(workspaceId: string): Promise<void>;
  /** Lets in those that are to try and those that may go on. */
  sweep(): Promise<void>;
}

/** @param deps.paceMax How many of a workspace are let in at once: what it may post until the next sweep, 2000 at most. */
export const createHeldInstalls = (deps: Deps & { readonly paceMax: number }): HeldInstalls => {
  const { client, keys } = deps;
  const now = deps.now ?? Date.now;
  const paceMax = Math.max(1, Math.min(4 * groupSize, Math.ceil(deps.paceMax)));
  const { findShard } = createPlacement(deps);

  const letInDue = async (shard: Keys, workspaceId: string): Promise<void> => {
    const [, ...ids] = await selectDue(client, {
      hold: shard.hold(workspaceId),
      waiting: shard.heldInstalls(workspaceId),
      doors: shard.doors,
      ...{ workspaceId, nowMs: now(), paceMax },
    });
    for (let first = 0; first < ids.length; first += groupSize)
      await letIn(deps, workspaceId, ids.slice(first, first + groupSize));
  };

  return {
    lift: async (workspaceId) => {
      const shard = await findShard(workspaceId);
      const isOver = await liftHold(client, {
        hold: shard.hold(workspaceId),
        doors: shard.doors,
        heldUnauthorized: shard.heldWorkspaces("unauthorized"),
        heldRateLimited: shard.heldWorkspaces("rate_limited"),
        ...{ workspaceId, nowMs: now() },
      });
      if (isOver === 1) await letInDue(shard, workspaceId);
    },
    sweep: async () => {
      for (const shard of keys.shards) {
        const due = await client.zrangebyscore(shard.doors, "-inf", now(), "LIMIT", 0, doorsMax);
        for (const workspaceId of due) await letInDue(shard, workspaceId);
      }
    },
  };
};

/**
 * Lets installs go on. One that runs or is about to stays in the line, behind the others: it may be just before its
 * park. @returns those that were woken.
 */
const letIn = async (
  { client, keys, matching }: Deps,
  workspaceId: string,
  installIds: readonly string[],
): Promise<readonly string[]> => {
  const woken = await Promise.all(
    installIds.map(async (installId) => {
      const waiting = keys.ofInstall(installId).heldInstalls(workspaceId);
      const waking = await matching.wake(installId);
      if (waking === "busy") await client.zadd(waiting, "XX", 2, installId);
      else await client.zrem(waiting, installId);
      return waking === "woken" ? [installId] : [];
    }),
  );
  return woken.flat();
};

export interface Resumption {
  /** The hold that stood; undefined when the workspace was not held. */
  readonly lifted: Hold | undefined;
  /** Installs that waited for it and go on: the first at once, many at the workspace's pace. */
  readonly woken: number;
}

/** Lifts a workspace's hold, for a person, and lets the installs that waited for it go on. */
export const createResumeWorkspace =
  (
    deps: Deps & {
      readonly holds: Holds;
      /** Who acts, where a call does not say. */
      readonly requestedBy?: string | undefined;
    },
  ) =>
  async (workspaceId: string, { requestedBy = deps.requestedBy }: Requester = {}): Promise<Resumption> => {
    const { client, keys, holds } = deps;
    const shard = await createPlacement(deps).findShard(workspaceId);
    const waiting = shard.heldInstalls(workspaceId);
    const lifted = await holds.find(workspaceId);
    await holds.release(workspaceId);
    const nowMs = (deps.now ?? Date.now)();
    const line = timelineLine(nowMs, "workspace resumed", { requestedBy });
    const count = await client.zcard(waiting);
    if (count > 0) await client.zadd(shard.doors, 0, workspaceId);
    let woken = Math.max(0, count - groupSize);
    const go = async (ids: readonly string[]): Promise<void> => {
      const gone = await letIn(deps, workspaceId, ids);
      // Only what is there: an install that is gone must not leave a timeline behind.
      await Promise.all(gone.map((id) => client.rpushx(keys.ofInstall(id).logs(id), line)));
      woken += gone.length;
    };
    await go(await client.zrange(waiting, "0", String(groupSize - 1)));
    // Those that versions before this one have held.
    for (;;) {
      const ids = await client.spop(shard.held(workspaceId), groupSize);
      if (ids.length === 0) return { lifted, woken };
      await go(ids);
    }
  };
