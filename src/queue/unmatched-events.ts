import { z } from "zod";
import { toE164 } from "../install/phone-number.ts";
import type { Keys } from "./keys.ts";
import { createPlacement } from "./placement.ts";
import type { RedisClient } from "./redis-client.ts";
import { scoredMembers } from "./scored-members.ts";

/** A channel event that matched no install (yet). */
export interface UnmatchedEvent {
  readonly connectorId: string;
  readonly channelId: string;
  /** Bird's own word; absent when the event named none. */
  readonly channelStatus?: string | undefined;
  readonly workspaceId?: string | undefined;
  /** The phone number as Bird wrote it. */
  readonly identifier?: string | undefined;
  /** A second event named this channel for the same connector: an incident. */
  readonly otherChannelId?: string | undefined;
  /** ISO 8601, UTC. */
  readonly arrivedAt: string;
}

export interface UnmatchedEvents {
  /**
   * Newest first. A cursor that cannot be read ends the list. A page may hold fewer events than asked for and
   * still go on.
   */
  list(options: {
    readonly limit: number;
    readonly cursor?: string | undefined;
  }): Promise<{ readonly items: readonly UnmatchedEvent[]; readonly nextCursor: string | undefined }>;
  /** Connectors of those that came from this workspace and name this number; newest first. */
  connectorsFrom(workspaceId: string, phoneNumber: string): Promise<readonly string[]>;
}

/** Events searched for those of one number at most. */
const searchedMax = 1000;

/** A place in the list: arrival, then connector id. */
interface Place {
  readonly atMs: number;
  readonly connectorId: string;
}

/** An entry of the list, and where it lies. */
interface Entry extends Place {
  readonly shard: Keys;
}

/** Looks at the events that `matching.ts` keeps until an install claims them or their retention is over. */
export const createUnmatchedEvents = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): UnmatchedEvents => {
  const { client, keys } = deps;
  const { look } = createPlacement(deps);

  /** Entries of one shard behind the place given, newest first. */
  const behindIn = async (
    shard: Keys,
    after: Place | undefined,
    count: number,
  ): Promise<readonly Entry[]> => {
    const found: Place[] = [];
    for (let offset = 0; ; offset += count) {
      const answer = await client.zrevrangebyscore(
        shard.unmatched,
        after?.atMs ?? "+inf",
        "-inf",
        "WITHSCORES",
        "LIMIT",
        offset,
        count,
      );
      const group = scoredMembers(answer).map(({ member, score }) => ({ connectorId: member, atMs: score }));
      // Events of one millisecond have the same score: those up to the place were on the page before.
      found.push(...group.filter((place) => after === undefined || isBehind(place, after)));
      if (group.length < count || found.length >= count)
        return found.slice(0, count).map((place) => ({ ...place, shard }));
    }
  };

  const behind = async (after: Place | undefined, count: number): Promise<readonly Entry[]> => {
    const found = await Promise.all(keys.shards.map((shard) => behindIn(shard, after, count)));
    return found
      .flat()
      .sort((a, b) => (isBehind(a, b) ? 1 : -1))
      .slice(0, count);
  };

  const read = async ({ shard, connectorId, atMs }: Entry): Promise<UnmatchedEvent | undefined> => {
    const known = knownSchema.parse(await client.hgetall(shard.connector(connectorId)));
    if (known.channel === undefined) return undefined;
    return {
      connectorId,
      channelId: known.channel,
      channelStatus: known.status === "" ? undefined : known.status,
      workspaceId: known.origin?.workspaceId,
      identifier: known.origin?.identifier,
      otherChannelId: known.otherChannel,
      arrivedAt: new Date(atMs).toISOString(),
    };
  };

  return {
    list: async ({ limit, cursor }) => {
      const after = cursor === undefined ? undefined : readCursor(cursor);
      if (cursor !== undefined && after === undefined) return { items: [], nextCursor: undefined };
      const page = await behind(after, limit + 1);
      const shown = page.slice(0, limit);
      const events = await Promise.all(shown.map(read));
      const last = shown.at(-1);
      const goesOn = page.length > limit && last !== undefined;
      return {
        items: events.filter((event) => event !== undefined),
        nextCursor: goesOn ? `${last.atMs}_${last.connectorId}` : undefined,
      };
    },
    connectorsFrom: async (workspaceId, phoneNumber) => {
      const shard = await look(workspaceId);
      const ids = await client.zrange(shard.unmatched, "0", String(searchedMax - 1), "REV");
      const origins = await Promise.all(ids.map((id) => client.hget(shard.connector(id), "origin")));
      return ids.filter((_, index) => isFrom(origins[index], workspaceId, phoneNumber));
    },
  };
};

const knownSchema = z.object({
  channel: z.string().optional(),
  status: z.string().optional(),
  otherChannel: z.string().optional(),
  origin: z
    .string()
    .transform((text) => originSchema.parse(JSON.parse(text)))
    .optional(),
});

const originSchema = z.object({ workspaceId: z.string().optional(), identifier: z.string().optional() });

const isFrom = (origin: string | null | undefined, workspaceId: string, phoneNumber: string): boolean => {
  if (origin == null) return false;
  const from = originSchema.parse(JSON.parse(origin));
  return (
    from.workspaceId === workspaceId &&
    from.identifier !== undefined &&
    toE164(from.identifier) === phoneNumber
  );
};

const isBehind = (place: Place, after: Place): boolean =>
  place.atMs < after.atMs || (place.atMs === after.atMs && place.connectorId < after.connectorId);

const readCursor = (cursor: string): Place | undefined => {
  const [, atMs, connectorId] = /^(\d{1,15})_(.+)$/.exec(cursor) ?? [];
  return atMs === undefined || connectorId === undefined ? undefined : { atMs: Number(atMs), connectorId };
};
