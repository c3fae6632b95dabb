import { z } from "zod";
import { isoTime } from "../../install/values/shown-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import { defineScript } from "../../redis/script.ts";
import type { Keys } from "../keyspace/keys.ts";

/** A signed event as far as it is kept. */
export interface UnreadableEvent {
  readonly id: string;
  /** Why it cannot be used: a plain sentence. */
  readonly reason: string;
  readonly workspaceId?: string | undefined;
  readonly channelId?: string | undefined;
  /** The beginning of its body, as text. */
  readonly body: string;
  /** How long the whole body was. */
  readonly bytes: number;
  /** ISO 8601, UTC. */
  readonly arrivedAt: string;
}

/** Whether a text is a cursor of this list: an id of a Redis stream. */
export const isUnreadableCursor = (text: string): boolean => /^\d{1,16}-\d{1,16}$/.test(text);

/** Signed events that Perch cannot read, or whose connector it cannot learn: kept for a person to see. */
export interface UnreadableEvents {
  keep(event: {
    readonly body: Buffer;
    readonly workspaceId: string | undefined;
    readonly channelId?: string | undefined;
    readonly reason: string;
  }): Promise<void>;
  /** Newest first. A cursor that cannot be read ends the list. */
  list(options: {
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<{ readonly items: readonly UnreadableEvent[]; readonly nextCursor: string | undefined }>;
  /** Forgets those older than the retention. */
  age(): Promise<void>;
}

/** Enough to see what it was. With the counts below it bounds what strangers can store to about 45 MB. */
const bodyMaxBytes = 4096;
const eventsMax = 10_000;
/** Of one workspace, so that it pushes out its own and not those of others. */
const workspaceEventsMax = 1000;

/**
 * Adds an event to the stream of unreadable ones. A workspace with more than its share loses its oldest, and only a full
 * stream the oldest of all. `fields` is a name, its value, the next name and so on. Answers the id of the entry.
 */
const keepEvent = defineScript({
  name: "perchKeepUnreadable",
  keys: ["stream", "ofWorkspace", "dropped"],
  args: ["most", "mostOfWorkspace", "keptMs"],
  moreArgs: "fields",
  answer: z.string(),
  lua: `
most, mostOfWorkspace = tonumber(most), tonumber(mostOfWorkspace)
local function drop(why, count)
  if count == 0 then return end
  redis.call('HINCRBY', dropped, why, count)
  redis.call('PEXPIRE', dropped, keptMs)
end
local id = redis.call('XADD', stream, '*', unpack(fields))
redis.call('RPUSH', ofWorkspace, id)
redis.call('PEXPIRE', ofWorkspace, keptMs)
while redis.call('LLEN', ofWorkspace) > mostOfWorkspace do
  drop('unreadable', redis.call('XDEL', stream, redis.call('LPOP', ofWorkspace)))
end
drop('unreadable', redis.call('XTRIM', stream, 'MAXLEN', most))
return id`,
});

export const createUnreadableEvents = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly retentionMs: number;
  readonly now?: () => number;
}): UnreadableEvents => {
  const { client, retentionMs } = deps;
  const now = deps.now ?? Date.now;
  const home = deps.keys.home();

  return {
    keep: async ({ body, workspaceId = "", channelId = "", reason }) => {
      await keepEvent(client, {
        stream: home.unreadable,
        ofWorkspace: home.unreadableOf(workspaceId),
        dropped: home.droppedEvents,
        most: eventsMax,
        mostOfWorkspace: workspaceEventsMax,
        keptMs: retentionMs,
        fields: Object.entries({
          body: body.subarray(0, bodyMaxBytes).toString("utf8"),
          bytes: body.length,
          workspaceId,
          channelId,
          reason,
        }).flat(),
      });
    },
    list: async ({ limit, cursor }) => {
      const isReadable = cursor === undefined || isUnreadableCursor(cursor);
      if (!isReadable) return { items: [], nextCursor: undefined };
      const from = cursor === undefined ? "+" : `(${cursor}`;
      const entries = await client.xrevrange(home.unreadable, from, "-", "COUNT", limit + 1);
      const items = entries.slice(0, limit).map(([id, fields]) => view(id, fields));
      return { items, nextCursor: entries.length > limit ? items.at(-1)?.id : undefined };
    },
    age: async () => {
      await client.xtrim(home.unreadable, "MINID", `${Math.max(0, now() - retentionMs)}-0`);
    },
  };
};

/** What versions before this one have kept has no reason. */
const unnamedReason = "It is no channel event, or names no ids that Perch can read.";

const view = (id: string, flat: readonly string[]): UnreadableEvent => {
  const fields = new Map(
    flat.flatMap((name, place) => (place % 2 === 0 ? [[name, flat[place + 1] ?? ""] as const] : [])),
  );
  const body = fields.get("body") ?? "";
  return {
    id,
    reason: fields.get("reason") ?? unnamedReason,
    workspaceId: fields.get("workspaceId") || undefined,
    channelId: fields.get("channelId") || undefined,
    body: Buffer.from(body).subarray(0, bodyMaxBytes).toString("utf8"),
    bytes: Number(fields.get("bytes") ?? Buffer.byteLength(body)),
    arrivedAt: isoTime(Number(id.split("-")[0])),
  };
};
