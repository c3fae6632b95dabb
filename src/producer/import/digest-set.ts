/** A set of digests, which are evenly spread whole numbers up to 2^52, in 11 to 22 bytes each. */
interface DigestSet {
  /** @returns whether the digest was new. */
  add(digest: number): boolean;
  has(digest: number): boolean;
}

/** Above this share of filled slots, probing takes too long. */
const fullAt = 0.75;

/** A table with open addressing: a `Set` takes three times the memory, in a heap that V8 collects late. */
export const createDigestSet = (): DigestSet => {
  let slots = new Float64Array(1024);
  let size = 0;
  const grow = (): void => {
    const larger = new Float64Array(slots.length * 2);
    for (const entry of slots) if (entry !== empty) larger[slotOf(larger, entry)] = entry;
    slots = larger;
  };
  return {
    add: (digest) => {
      const entry = digest + 1;
      const slot = slotOf(slots, entry);
      if (slots[slot] === entry) return false;
      slots[slot] = entry;
      size += 1;
      if (size > slots.length * fullAt) grow();
      return true;
    },
    has: (digest) => slots[slotOf(slots, digest + 1)] !== empty,
  };
};

const empty = 0;

/** The slot of an entry, or the free one where it belongs. */
const slotOf = (slots: Float64Array, entry: number): number => {
  let slot = entry % slots.length;
  while (slots[slot] !== empty && slots[slot] !== entry) slot = (slot + 1) % slots.length;
  return slot;
};
