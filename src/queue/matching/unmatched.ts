import { z } from "zod";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { isSameNumber } from "../../install/values/phone-number.ts";
import { isoTime } from "../../install/values/shown-text.ts";
import type { RedisClient } from "../../redis/client.ts";
import {
  filteredPage,
  isBehind,
  type Position,
  readPosition,
  scoredMembers,
  type WalkStep,
  writePosition,
} from "../../redis/paging.ts";
import { eachShard, type Keys } from "../keyspace/keys.ts";
import { createPlacement } from "../keyspace/placement.ts";

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
  /**
   * Why it completes nothing, whatever comes: `named_workspace` it came to one workspace's address and names another;
   * `other_workspace` the connector is an install's of another workspace; `not_held` its install gave it up.
   */
  readonly conflict?: "named_workspace" | "other_workspace" | "not_held" | undefined;
  /** The workspace that an event to another one's address names. */
  readonly namedWorkspaceId?: string | undefined;
  /** The install that has or had its connector, of whatever workspace. */
  readonly ownerId?: string | undefined;
  /** ISO 8601, UTC. */
  readonly arrivedAt: string;
}

export interface UnmatchedEvents {
  /**
   * Newest first. A cursor that cannot be read ends the list. A page may hold fewer events than asked for and
   * still go on.
   *
   * @param options.within Only events of these workspaces, in lower case.
   * @param options.only Only conflicts, which complete nothing whatever comes, or only the others.
   */
  list(options: {
    readonly limit: number;
    readonly cursor?: string | undefined;
    readonly within?: readonly string[] | undefined;
    readonly only?: "unmatched" | "conflict" | undefined;
  }): Promise<{ readonly items: readonly UnmatchedEvent[]; readonly nextCursor: string | undefined }>;
  /** Connectors of those that came from this workspace and name this number; newest first. */
  connectorsFrom(workspaceId: string, phoneNumber: string): Promise<readonly string[]>;
}

/** Events read at a time. */
const pageSize = 1000;

/** Most events that one page of those of certain workspaces walks, and how many at a time. */
const walkMax = 5000;
const stride = 200;

/** An entry of the list: when the event arrived, its member in Redis as the id, and its shard. */
interface Entry extends Position {
  readonly shard: Keys;
}

/** Looks at the events that `matching.ts` keeps until an install claims them or their retention is over. */
export const createUnmatchedEvents = (deps: {
  readonly client: RedisClient;
  readonly keys: Keys;
}): UnmatchedEvents => {
  const { client, keys } = deps;
  const { findShard } = createPlacement(deps);

  /** Entries of one shard behind the place given, newest first. */
  const behindIn = async (
    shard: Keys,
    after: Position | undefined,
    count: number,
  ): Promise<readonly Entry[]> => {
    const found: Position[] = [];
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
      const group = scoredMembers(answer).map(({ member, score }) => ({ id: member, atMs: score }));
      // Events of one millisecond have the same score: those up to the place were on the page before.
      found.push(...group.filter((place) => after === undefined || isBehind(place, after)));
      if (group.length < count || found.length >= count)
        return found.slice(0, count).map((place) => ({ ...place, shard }));
    }
  };

  const behind = async (after: Position | undefined, count: number): Promise<readonly Entry[]> => {
    const found = await eachShard(keys, (shard) => behindIn(shard, after, count));
    return found
      .flat()
      .sort((a, b) => (isBehind(a, b) ? 1 : -1))
      .slice(0, count);
  };

  const read = async ({ shard, id, atMs }: Entry): Promise<UnmatchedEvent | undefined> => {
    const { workspaceId, slot } = readMember(id);
    const connectorId = slot.replace(/@.*$/, "");
    const [event, ownerId] = await Promise.all([
      client.hgetall(shard.unmatchedEvent(workspaceId, slot)),
      client.hget(shard.connector(connectorId), "job"),
    ]);
    const known = knownSchema.parse(event);
    if (known.channel === undefined) return undefined;
    return {
      connectorId,
      channelId: known.channel,
      channelStatus: known.status === "" ? undefined : known.status,
      workspaceId: workspaceId === "" ? known.origin?.workspaceId : workspaceId,
      identifier: known.origin?.identifier,
      otherChannelId: known.otherChannel,
      conflict: known.conflict,
      namedWorkspaceId: known.origin?.named,
      ownerId: ownerId ?? undefined,
      arrivedAt: isoTime(atMs),
    };
  };

  async function* walk(
    passes: (event: UnmatchedEvent) => boolean,
    cursor: Position | undefined,
  ): AsyncGenerator<WalkStep<UnmatchedEvent>> {
    for (let after = cursor; ; ) {
      const entries = await behind(after, stride);
      const events = await Promise.all(entries.map(read));
      for (const [at, entry] of entries.entries()) {
        const event = events[at];
        const moment = writeCursor({ ...entry, id: "~:" });
        const item = event !== undefined && passes(event) ? event : undefined;
        yield { cursor: writeCursor(entry), moment, item };
      }
      after = entries.at(-1);
      if (after === undefined) return;
    }
  }

  return {
    list: async ({ limit, cursor, within, only }) => {
      const after = cursor === undefined ? undefined : readCursor(cursor);
      if (cursor !== undefined && after === undefined) return { items: [], nextCursor: undefined };
      if (within !== undefined || only !== undefined) {
        const passes = (event: UnmatchedEvent): boolean =>
          (within === undefined || isWithin(event, within)) &&
          (only === undefined || (only === "conflict") === isConflict(event));
        return filteredPage(walk(passes, after), { limit, walkMax });
      }
      const page = await behind(after, limit + 1);
      const shown = page.slice(0, limit);
      const events = await Promise.all(shown.map(read));
      const last = shown.at(-1);
      const goesOn = page.length > limit && last !== undefined;
      return {
        items: events.filter((event) => event !== undefined),
        nextCursor: goesOn ? writeCursor(last) : undefined,
      };
    },
    connectorsFrom: async (workspaceId, phoneNumber) => {
      const shard = await findShard(workspaceId);
      const its: string[] = [];
      // All there are, so that no number of others hides the one: `matching.ts` bounds how many a workspace may have.
      for (let first = 0; ; first += pageSize) {
        const page = [String(first), String(first + pageSize - 1)] as const;
        const ids = await client.zrange(shard.unmatchedOf(workspaceId), ...page, "REV");
        const found = await Promise.all(
          ids.map((id) => client.hmget(shard.unmatchedEvent(workspaceId, id), "origin", "conflict")),
        );
        const fitting = ids.filter((_, index) => {
          const [origin, conflict] = found[index] ?? [];
          return origin != null && conflict == null && isOf(origin, phoneNumber);
        });
        its.push(...fitting);
        if (ids.length < pageSize) return its;
      }
    },
  };
};

const isWithin = ({ workspaceId }: UnmatchedEvent, workspaces: readonly string[]): boolean =>
  workspaceId !== undefined && workspaces.includes(workspaceId.toLowerCase());

const isConflict = ({ conflict, otherChannelId }: UnmatchedEvent): boolean =>
  conflict !== undefined || otherChannelId !== undefined;

const originSchema = z.object({
  workspaceId: z.string().optional(),
  identifier: z.string().optional(),
  named: z.string().optional(),
});

const readOrigin = (text: string) => originSchema.safeParse(jsonOrUndefined(text)).data ?? {};

const knownSchema = z.object({
  channel: z.string().optional(),
  status: z.string().optional(),
  otherChannel: z.string().optional(),
  conflict: z.enum(["named_workspace", "other_workspace", "not_held"]).optional().catch(undefined),
  origin: z.string().transform(readOrigin).optional(),
});

/** Whether an event names this number as its channel's. */
const isOf = (origin: string, phoneNumber: string): boolean => {
  const { identifier } = readOrigin(origin);
  return identifier !== undefined && isSameNumber(identifier, phoneNumber);
};

/** A member of the list: workspace, "" when none is known, `:` and the event's place among those of the workspace. */
export const readMember = (member: string): { readonly workspaceId: string; readonly slot: string } => {
  const at = member.indexOf(":");
  return { workspaceId: member.slice(0, Math.max(0, at)), slot: member.slice(at + 1) };
};

/** Workspaces and slots have characters that a cursor must not have. */
const writeCursor = ({ atMs, id }: Position): string =>
  writePosition({ atMs, id: Buffer.from(id).toString("base64url") });

/** Whether a text is a cursor of this list. */
export const isUnmatchedCursor = (text: string): boolean => readCursor(text) !== undefined;

const readCursor = (cursor: string): Position | undefined => {
  const place = readPosition(cursor);
  const id = Buffer.from(place?.id ?? "", "base64url").toString("utf8");
  return place !== undefined && id.includes(":") ? { ...place, id } : undefined;
};
