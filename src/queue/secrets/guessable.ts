import type { SealingKey } from "./seal.ts";

/**
 * One byte over and over, a pattern that repeats, a count such as 0123…, or a handful of different bytes. Chance
 * makes none of them: of 16 random hexadecimal digits, four different ones at most come once in two million.
 */
export const isGuessable = (bytes: Uint8Array): boolean => {
  const steps = new Set(bytes.subarray(1).map((byte, index) => byte - (bytes[index] ?? 0)));
  const periods = Array.from({ length: Math.floor(bytes.length / 2) }, (_, index) => index + 1);
  const repeats = periods.some((period) =>
    bytes.every((byte, index) => index < period || byte === bytes[index - period]),
  );
  return new Set(bytes).size < 5 || steps.size === 1 || repeats;
};

/**
 * Why well-formed sealing keys are no secrets, each to be read after their setting's name; none for those that are.
 *
 * @param options.allowsGuessable For what has nothing to lose, such as a sandbox.
 */
export const weakSealingKeys = (
  keys: readonly SealingKey[],
  { allowsGuessable }: { readonly allowsGuessable: boolean },
): readonly string[] => {
  const different = new Set(keys.map(({ bytes }) => Buffer.from(bytes).toString("hex")));
  return [
    ...(different.size < keys.length ? ["must not hold the same key under two names"] : []),
    ...(!allowsGuessable && keys.some(({ bytes }) => isGuessable(bytes))
      ? ["must not hold a key that can be guessed: make one with perch keys seal"]
      : []),
  ];
};
