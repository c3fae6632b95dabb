/** The parts a signature is made over, and its encoding. */
type SignedPart = "key" | "url" | "timestamp" | "body" | "encoding";

/** How the signed value of one part differs from the given one. */
export interface Difference {
  readonly part: SignedPart;
  /** What was signed (or its encoding), as words that follow "it was". */
  readonly found: string;
  /** What to change, as a sentence. */
  readonly fix: string;
}

/** One value of a part: as given, or differing from it. */
export interface Variant<T> {
  readonly value: T;
  readonly difference?: Difference | undefined;
}

/** Removes duplicate variants; keeps the first. */
export const distinct = <T>(
  variants: readonly Variant<T>[],
  nameOf: (value: T) => string,
): readonly Variant<T>[] => {
  const seen = new Set<string>();
  return variants.filter(({ value }) => {
    const name = nameOf(value);
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
};
