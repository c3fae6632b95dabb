import { encodeTime } from "ulid";
import type { RedisClient } from "./client.ts";

/** Pairs up the members and scores of a sorted set, which Redis answers alternately for `WITHSCORES`. */
export const scoredMembers = (
  answer: readonly string[],
): readonly { readonly member: string; readonly score: number }[] =>
  answer.flatMap((member, index) => (index % 2 === 0 ? [{ member, score: Number(answer[index + 1]) }] : []));

/** A position in a list ordered by time (Unix ms) and id, newest first. */
export interface Position {
  readonly atMs: number;
  readonly id: string;
}

/** Serializes a position as the cursor of a page. */
export const writePosition = ({ atMs, id }: Position): string => `${atMs}_${id}`;

/** Parses a cursor; undefined when the text is not one of {@link writePosition}. */
export const readPosition = (cursor: string): Position | undefined => {
  const [, atMs, id] = /^(\d{1,16})_(.+)$/.exec(cursor) ?? [];
  return atMs === undefined || id === undefined ? undefined : { atMs: Number(atMs), id };
};

/** Whether a position comes after another in the list. */
export const isBehind = (position: Position, other: Position): boolean =>
  position.atMs < other.atMs || (position.atMs === other.atMs && position.id < other.id);

/** Returns a cursor before all ULIDs of the same millisecond as `id`. */
export const ulidMoment = (id: string): string => id.slice(0, 10).padEnd(26, "Z");

/** Smaller than every ULID of this moment, Unix ms, and later. */
export const firstIdOf = (atMs: number): string =>
  encodeTime(Math.min(Math.max(0, Math.floor(atMs)), timeMaxMs), 10);

/** The latest time a ULID can represent. */
const timeMaxMs = 2 ** 48 - 1;

const scoresAtOnce = 100;

/**
 * Walks a sorted set whose scores are times, newest first and equal times in descending order of ids, from the entry after
 * `after` on.
 */
export async function* walkScores(
  client: RedisClient,
  key: string,
  after: Position | undefined,
): AsyncGenerator<Position, void, undefined> {
  let [atMs, offset] = [after?.atMs, 0];
  for (;;) {
    const limit = ["BYSCORE", "REV", "LIMIT", offset, scoresAtOnce, "WITHSCORES"] as const;
    const flat = await client.zrange(key, atMs ?? "+inf", "-inf", ...limit);
    const entries = scoredMembers(flat).map(({ member, score }) => ({ id: member, atMs: score }));
    yield* entries.filter((entry) => after === undefined || isBehind(entry, after));
    const last = entries.at(-1);
    if (last === undefined) return;
    offset =
      last.atMs === atMs
        ? offset + entries.length
        : entries.filter((entry) => entry.atMs === last.atMs).length;
    atMs = last.atMs;
  }
}

/** Joins walks in that order into one. */
export async function* mergeWalks(walks: readonly AsyncGenerator<Position>[]): AsyncGenerator<Position> {
  const heads = await Promise.all(walks.map((walk) => walk.next()));
  for (;;) {
    const [first, at] = heads.reduce<readonly [Position | undefined, number]>(
      ([newest, place], { done, value }, index) =>
        done !== true && (newest === undefined || isBehind(newest, value)) ? [value, index] : [newest, place],
      [undefined, -1],
    );
    const walk = walks[at];
    if (first === undefined || walk === undefined) return;
    yield first;
    heads[at] = await walk.next();
  }
}

/** One entry of a list that is read newest first. */
export interface WalkStep<Item> {
  /** Cursor right after this entry. */
  readonly cursor: string;
  /** Cursor right before all entries of the same time; names no id. */
  readonly moment: string;
  /** Undefined when the entry does not pass the filter. */
  readonly item: Item | undefined;
}

/**
 * Builds a page of the entries that pass a filter. When the walk stops at an entry that does not pass, the cursor is that
 * entry's time without its id, because the caller may not be allowed to see it; entries of that time are then on the next
 * page.
 *
 * @param options.walkMax Most entries read, however few pass.
 */
export const filteredPage = async <Item>(
  steps: AsyncIterable<WalkStep<Item>>,
  { limit, walkMax }: { readonly limit: number; readonly walkMax: number },
): Promise<{ readonly items: readonly Item[]; readonly nextCursor: string | undefined }> => {
  const fitting: { readonly moment: string; readonly item: Item }[] = [];
  const page = (nextCursor: string | undefined) => ({
    items: fitting.filter(({ moment }) => moment !== nextCursor).map(({ item }) => item),
    nextCursor,
  });
  let walked = 0;
  for await (const { cursor, moment, item } of steps) {
    walked += 1;
    if (item !== undefined) fitting.push({ moment, item });
    if (fitting.length === limit) return page(cursor);
    if (walked === walkMax) return page(moment);
  }
  return page(undefined);
};
