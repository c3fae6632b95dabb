import type { RedisClient } from "./client.ts";
import { readIds } from "./id-set.ts";

/** Ids that begin or end with a text. */
export interface IdsLike {
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
export const findIdsLike = async (
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
