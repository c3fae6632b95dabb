import type { RedisClient } from "../../redis/client.ts";
import { readIds } from "../../redis/id-set.ts";

/** Several ids begin or end with a text that was to name one. */
class AmbiguousIdError extends Error {
  readonly code = "ambiguous_id";

  constructor(text: string, what: string, ids: readonly string[]) {
    super(`${text} fits more than one ${what}: ${ids.join(", ")}. Give more of its id.`);
    this.name = "AmbiguousIdError";
  }
}

/** Shorter texts name nothing. */
const textMin = 4;
/** An ending this long is unique enough among ids too many to compare with. */
const uncomparedMin = 8;

/**
 * Completes a shortened id: the one id that begins or ends with the text. Returns the text itself when there is none, for the
 * command to say so.
 *
 * @throws {AmbiguousIdError}
 */
export type FindId = (text: string) => Promise<string>;

/** @param deps.sets The sets of ids, one a shard. */
export const createFindId =
  (deps: { readonly client: RedisClient; readonly sets: readonly string[]; readonly what: string }): FindId =>
  async (given) => {
    const text = given.toUpperCase();
    if (text.length === 26) return text;
    if (text.length < textMin || !/^[0-9A-Z]+$/.test(text)) return given;
    const found = await Promise.all(deps.sets.map((set) => findIdsLike(deps.client, { set, text })));
    return theOne(given, { found, what: deps.what }) ?? given;
  };

const theOne = (
  text: string,
  { found, what }: { readonly found: readonly IdsLike[]; readonly what: string },
): string | undefined => {
  const ids = found.flatMap((each) => each.ids);
  if (ids.length > 1) throw new AmbiguousIdError(text, what, ids);
  const isSure = text.length >= uncomparedMin || !found.some(({ isCut }) => isCut);
  return isSure ? ids[0] : undefined;
};

/** Ids that begin or end with a text. */
interface IdsLike {
  /** Newest first; some of them when there are many. */
  readonly ids: readonly string[];
  /** Whether older ids were not compared with the text as an ending. */
  readonly isCut: boolean;
}

/** Most ids of a set compared by their ending, and read at a time. */
const comparedMax = 100_000;
const groupSize = 5000;
/** Most matches returned: enough to show that a text is ambiguous. */
const matchesMax = 5;

/**
 * Finds the ids of a set that begin or end with a text. A beginning is found at once, because sets are in order; an ending
 * is looked for among the newest ids.
 */
const findIdsLike = async (
  client: RedisClient,
  { set, text }: { readonly set: string; readonly text: string },
): Promise<IdsLike> => {
  const from = `[${text.padEnd(26, "Z")}`;
  const near = await readIds(client, { set, from, limit: matchesMax });
  const found = new Set(near.filter((id) => id.startsWith(text)));
  let bound = "+";
  for (let compared = 0; compared < comparedMax; compared += groupSize) {
    const ids = await readIds(client, { set, from: bound, limit: groupSize });
    for (const id of ids) if (id.endsWith(text)) found.add(id);
    if (ids.length < groupSize || found.size >= matchesMax) return { ids: [...found], isCut: false };
    bound = `(${ids.at(-1)}`;
  }
  return { ids: [...found], isCut: true };
};
