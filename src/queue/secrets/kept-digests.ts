import { createHmac, hkdfSync } from "node:crypto";

/** 132 bits: collisions cannot be found. */
const digestLength = 22;

/** Of a sealing key, what digests are made with. */
interface KeyBytes {
  readonly bytes: Uint8Array;
}

/** Makes digests under one of the sealing keys. */
export interface KeptDigest {
  /** Parts are never run together: `["a", "bc"]` is another text than `["ab", "c"]`. */
  of(...parts: readonly string[]): string;
}

/** Digests that Redis keeps in place of what may be secret or personal. */
export interface KeptDigests {
  /** What new digests are made with. */
  readonly first: KeptDigest;
  /** Those of the other keys: what was recorded before a rotation is recognised while its key is listed. */
  readonly older: readonly KeptDigest[];
}

/**
 * HMAC-SHA256 under keys derived from the sealing keys (HKDF-SHA256, info `perch:digests`). A plain digest of a short
 * secret or of a number is guessed in no time by who has Redis alone.
 *
 * @param keys At least one, as the seal's.
 */
export const createKeptDigests = (keys: readonly KeyBytes[]): KeptDigests => {
  const [first, ...older] = keys.map(digestOf);
  if (first === undefined) throw new RangeError("There is no sealing key: set SEALING_KEYS.");
  return { first, older };
};

const digestOf = ({ bytes }: KeyBytes): KeptDigest => {
  const key = Buffer.from(hkdfSync("sha256", bytes, "", "perch:digests", 32));
  return {
    of: (...parts) =>
      createHmac("sha256", key).update(JSON.stringify(parts)).digest("base64url").slice(0, digestLength),
  };
};
