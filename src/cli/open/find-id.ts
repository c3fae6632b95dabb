import type { RedisClient } from "../../redis/client.ts";
import { findIdsLike, type IdsLike } from "../../redis/ids-like.ts";

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
