/**
 * Numbers in [0, 1) that depend on the seed and the key alone, so a random fault strikes the same phone numbers
 * in every run, whatever order the calls come in. FNV-1a, then the finaliser of MurmurHash3. Not for secrets.
 */
export const seededChance =
  (seed: number) =>
  (key: string): number => {
    let hash = 0x811c9dc5 ^ seed;
    for (let index = 0; index < key.length; index += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
  };
