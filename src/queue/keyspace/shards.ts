/**
 * What the hash tag of a shard ends in; the first shard has the plain tag. With the tag `{perch}` the slots of any first
 * shards are spread about evenly over the slots, in thirds, then ninths (a van der Corput sequence to base 3), so that
 * clusters of three masters and more share them fairly without moving slots.
 */
const tagEndings = [
  ...["", "-1yk", "-2wc", "-3aq", "-4ie", "-5fu", "-6rg", "-7vn", "-8pg"],
  ...["-9ni", "-10pm", "-11fg", "-12tj", "-13ph", "-14xb", "-15nh", "-16bg", "-17hz"],
  ...["-18kc", "-19zs", "-20oj", "-21ov", "-22jy", "-23pr", "-24qb", "-25nk", "-26rg"],
] as const;

export const shardsMax = tagEndings.length;

/** Prefixes of the keys of this many shards; the first is the one given. @param prefix With a hash tag in braces. */
export const shardPrefixes = (prefix: string, count: number): readonly string[] =>
  tagEndings.slice(0, count).map((ending) => prefix.replace("}", `${ending}}`));

/** Crockford's Base32, as in ULIDs. */
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Place of the shard in an id: the first character behind those of the time. */
const place = 10;

/** Writes the number of a shard into a ULID, so that the id alone names the shard of its install. */
export const idInShard = (ulid: string, shard: number): string =>
  ulid.slice(0, place) + digits[shard] + ulid.slice(place + 1);

/** The shard an id names; nothing says that there is such a shard, or such an install. */
export const shardOfId = (installId: string): number => digits.indexOf(installId[place] ?? "");

/** The fleet works with more shards than this process knows of. */
export class ShardsError extends Error {
  /** Stays the same; branch on it or on `instanceof`. */
  readonly code = "too_few_shards";

  constructor(needed: number) {
    super(
      `SHARDS is too small: this Redis spreads installs in ${needed} shards. Set SHARDS=${needed} for every process and start this one again; perch shards shows who uses how many.`,
    );
    this.name = "ShardsError";
  }
}

/** The warning about several shards without a Redis Cluster. */
export const needlessShards =
  "SHARDS is more than 1, and Redis is a single server: that helps nothing there, only a Redis Cluster has masters to spread shards over (docs/scaling.md).";
