/** The parts a signature is made of, and the way it is written down. */
type SignedPart = "key" | "url" | "timestamp" | "body" | "encoding";

/** How what was signed differs from what was given, in one part. */
export interface Difference {
  readonly part: SignedPart;
  /** What it was signed over (or how it is written), to follow "it was". */
  readonly found: string;
  /** What to change, as a sentence. */
  readonly fix: string;
}

/** One value of a part: as given, or differing from it. */
export interface Variant<T> {
  readonly value: T;
  readonly difference?: Difference | undefined;
}

/** Leaves out variants that are another's equal; the first of equals stays. */
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
