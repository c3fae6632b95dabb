import { z } from "zod";
import { promoteJobLua } from "../../redis/bullmq.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import { indexTimes } from "../installs/list.ts";
import type { Keys } from "../keyspace/keys.ts";
import { keepInShard } from "../keyspace/placement.ts";
import { setWindowedLua } from "../keyspace/windowed-hash.ts";
import { holderLua, keepEventLua } from "./scripts.ts";
import { createUnroutedEvents } from "./unrouted.ts";

/** An event, as far as matching needs it. */
export interface Arrival {
  readonly connectorId: string;
  readonly channelId: string;
  /** Bird's word, "" when it said none. */
  readonly status: string;
  readonly isUsable: boolean;
  /**
   * The workspace in the path the event came to, or else the one named in the event; undefined when neither names one.
   * The event completes only installs of this workspace.
   */
  readonly workspaceId: string | undefined;
  /** What the event calls the channel: for WhatsApp probably the number. Kept for a person. */
  readonly identifier?: string | undefined;
  /** The event came to one workspace's address and names this other one: it is kept, and completes nothing. */
  readonly namedWorkspaceId?: string | undefined;
}

/** What storing an event came to. */
interface Arrived {
  readonly result: "stored" | "duplicate" | "conflict";
  /** The install whose event it is. */
  readonly wake: string | undefined;
  /** The install was parked, and was woken in the same instant; otherwise it is the caller's to wake. */
  readonly isWoken?: true;
}

/** Stores Bird's events. See `matching.ts`. */
export interface Arrivals {
  /**
   * Stores an event durably. A 2xx is allowed once this has resolved.
   *
   * @throws {ShardsError} the install may be where this process does not look: Bird has to send the event again.
   */
  arrive(arrival: Arrival): Promise<Arrived>;
  /** Turns the event of a connector that its install no longer owns into an unmatched one. */
  markUnmatched(shard: Keys, connectorId: string): Promise<void>;
  /** Moves the event of a connector from the home shard to its install's, if it named no workspace. */
  moveUnrouted(
    shard: Keys,
    connector: { readonly connectorId: string; readonly workspaceId: string },
  ): Promise<"moved" | "none">;
}

/** Unmatched events kept of one workspace: more than its installs can have under way, and a few MB. */
const workspaceEventsMax = 10_000;

/**
 * Stores an event: with its connector if an install of its workspace holds that, else by itself. The first channel wins,
 * a usable status is never taken back. An install that is parked is woken in the same instant.
 *
 * Answers the result; the install to wake or ""; and 1 when it was woken.
 */
const storeEvent = defineScript({
  name: "perchArrive",
  keys: ["conn", "arrived", "channels", "event", "unmatched", "ofWorkspace", "dropped"],
  args: [
    "connectorId",
    "channelId",
    "status",
    "usable",
    "nowMs",
    "ttlMs",
    "keptMs",
    "workspaceId",
    "slot",
    "conflict",
    "origin",
    "blankOrigin",
    "jobKeyPrefix",
    "most",
  ],
  answer: z.tuple([z.enum(["stored", "duplicate", "conflict"]), z.string(), z.literal([0, 1])]),
  lua: `${holderLua}${keepEventLua}${setWindowedLua}${promoteJobLua}
local function newsOf(known)
  if known[1] and string.lower(known[1]) ~= string.lower(channelId) then return 'conflict' end
  return not known[1] or (known[3] ~= '1' and (usable == '1' or known[2] ~= status))
end
local known = redis.call('HMGET', conn, 'job', 'erased', 'uninstalledAt', 'channel', 'status', 'usable')
local job = known[1]
local holder = conflict == '' and holderOf(jobKeyPrefix, job, connectorId)
if holder and (workspaceId == '' or holder == workspaceId) then
  local news = newsOf({known[4], known[5], known[6]})
  if news == 'conflict' then
    redis.call('HSET', conn, 'otherChannel', channelId)
    return {'conflict', '', 0}
  end
  if not news then
    if not redis.call('ZSCORE', arrived, connectorId) then return {'duplicate', '', 0} end
    return {'duplicate', job, promoteJob(jobKeyPrefix, job) and 1 or 0}
  end
  redis.call('HSET', conn, 'channel', channelId, 'status', status, 'usable', usable, 'at', nowMs)
  setWindowed(channels, channelId, connectorId, keptMs)
  redis.call('ZADD', arrived, nowMs, connectorId)
  return {'stored', job, promoteJob(jobKeyPrefix, job) and 1 or 0}
end
if conflict == '' and holder then conflict = 'other_workspace' end
local isKnown = known[3] or (job and redis.call('EXISTS', jobKeyPrefix .. job) == 1)
if conflict == '' and isKnown then conflict = 'not_held' end
local early = redis.call('HMGET', event, 'channel', 'status', 'usable', 'erased')
local news = newsOf(early)
if news == 'conflict' then
  redis.call('HSET', event, 'otherChannel', channelId)
  return {'conflict', '', 0}
end
if not news then return {'duplicate', '', 0} end
if known[2] or early[4] then origin = blankOrigin end
keepEvent({event = event, unmatched = unmatched, ofWorkspace = ofWorkspace, dropped = dropped}, {
  channel = channelId, status = status, usable = usable, at = nowMs, origin = origin, conflict = conflict,
  ttlMs = ttlMs, workspaceId = workspaceId, slot = slot, most = most,
})
return {conflict == '' and 'stored' or 'conflict', '', 0}`,
});

/**
 * Takes the event of a connector that no install holds away from those that wait to be taken, and keeps it for a person.
 * Answers 1 when kept, 0 when there is none.
 */
const moveStrandedEvent = defineScript({
  name: "perchStrand",
  keys: ["conn", "arrived", "event", "unmatched", "ofWorkspace", "dropped"],
  args: ["connectorId", "nowMs", "ttlMs", "most"],
  answer: z.literal([0, 1]),
  lua: `${keepEventLua}
redis.call('ZREM', arrived, connectorId)
local known = redis.call('HMGET', conn, 'channel', 'status', 'usable')
if not known[1] then return 0 end
keepEvent({event = event, unmatched = unmatched, ofWorkspace = ofWorkspace, dropped = dropped}, {
  channel = known[1], status = known[2] or '', usable = known[3] or '', at = nowMs, origin = '', conflict = 'not_held',
  ttlMs = ttlMs, workspaceId = '', slot = connectorId, most = most,
})
redis.call('HDEL', conn, 'channel', 'status', 'usable', 'at')
redis.call('PEXPIRE', conn, ttlMs)
return 1`,
});

export const createArrivals = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  /** How long events are kept, ms. */
  readonly retentionMs: number;
  readonly now: () => number;
}): Arrivals => {
  const { client, keys, retentionMs, now } = deps;
  const unrouted = createUnroutedEvents({ client, keys });

  /** Stores an event in a shard. */
  const store = async (
    shard: Keys,
    {
      connectorId,
      channelId,
      status,
      isUsable,
      workspaceId = "",
      identifier,
      namedWorkspaceId: named,
    }: Arrival,
  ): Promise<Arrived> => {
    const { window, windowKeptMs } = indexTimes(retentionMs, now());
    const id = connectorId.toLowerCase();
    // What claims to be another workspace's has a place of its own beside what does not.
    const slot = named === undefined ? id : `${id}@${named.toLowerCase()}`;
    const origin = { workspaceId: workspaceId === "" ? undefined : workspaceId, named };
    const [result, installId, woken] = await storeEvent(client, {
      conn: shard.connector(id),
      arrived: shard.arrived,
      channels: shard.lookup("channel", window, channelId),
      event: shard.unmatchedEvent(workspaceId, slot),
      unmatched: shard.unmatched,
      ofWorkspace: shard.unmatchedOf(workspaceId),
      dropped: shard.droppedEvents,
      connectorId: id,
      channelId,
      status,
      usable: isUsable ? 1 : 0,
      nowMs: now(),
      ttlMs: retentionMs,
      keptMs: windowKeptMs,
      workspaceId,
      slot,
      conflict: named === undefined ? "" : "named_workspace",
      origin: JSON.stringify({ ...origin, identifier }),
      blankOrigin: JSON.stringify(origin),
      jobKeyPrefix: shard.job(""),
      most: workspaceEventsMax,
    });
    return { result, wake: installId === "" ? undefined : installId, ...(woken === 1 && { isWoken: true }) };
  };

  /** Stores an event that names no workspace: see `unrouted.ts`. */
  const storeUnrouted = async (arrival: Arrival): Promise<Arrived> => {
    const { connectorId } = arrival;
    const bound = await unrouted.shardOf(connectorId);
    if (bound !== undefined) return store(bound, arrival);
    const stored = await store(keys.home(), arrival);
    const meanwhile = await unrouted.shardOf(connectorId);
    if (meanwhile === undefined || meanwhile === keys.home()) return stored;
    const moved = await store(meanwhile, arrival);
    await unrouted.drop(connectorId);
    return moved;
  };

  return {
    arrive: (arrival) => {
      const { workspaceId } = arrival;
      const isUnrouted = workspaceId === undefined && keys.shards.length > 1;
      return keepInShard(deps, workspaceId, (shard) =>
        isUnrouted ? storeUnrouted(arrival) : store(shard, arrival),
      );
    },
    markUnmatched: async (shard, connectorId) => {
      const id = connectorId.toLowerCase();
      await moveStrandedEvent(client, {
        conn: shard.connector(id),
        arrived: shard.arrived,
        event: shard.unmatchedEvent("", connectorId),
        unmatched: shard.unmatched,
        ofWorkspace: shard.unmatchedOf(""),
        dropped: shard.droppedEvents,
        ...{ connectorId: id, nowMs: now(), ttlMs: retentionMs, most: workspaceEventsMax },
      });
    },
    moveUnrouted: async (shard, { connectorId, workspaceId }) => {
      const event = await unrouted.find(connectorId, shard);
      if (event === undefined) return "none";
      await store(shard, { ...event, connectorId, workspaceId });
      await unrouted.drop(connectorId);
      return "moved";
    },
  };
};
