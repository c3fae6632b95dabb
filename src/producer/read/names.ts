const shownMax = 3;
const containedLengthMin = 4;

/** The known names closest to a mistyped one, nearest first, at most three. */
export const closeNames = (name: string, known: readonly string[]): readonly string[] => {
  const wanted = foldName(name);
  return known
    .map((candidate) => ({ candidate, distance: distanceOf(wanted, foldName(candidate)) }))
    .filter(({ distance }) => distance <= 0.5)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, shownMax)
    .map(({ candidate }) => candidate);
};

/** Distance from 0 (equal) to 1 (nothing in common); halved when one name contains the other. */
const distanceOf = (a: string, b: string): number => {
  const share = editDistance(a, b) / Math.max(a.length, b.length, 1);
  const isContained = Math.min(a.length, b.length) >= containedLengthMin && (a.includes(b) || b.includes(a));
  return isContained ? share / 2 : share;
};

/** Levenshtein's distance, one row of the matrix at a time. */
const editDistance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [at, character] of [...a].entries()) {
    const next = [at + 1];
    for (const [index, other] of [...b].entries()) {
      const substituted = (row[index] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(substituted, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
};

/** Normalizes a column's name for comparison: only letters and digits count, without their case. */
export const foldName = (name: string): string =>
  name
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, "");
