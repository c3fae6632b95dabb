/**
 * Rows that are in any of some bitmaps and in none of others, in order. A bitmap is Redis's: row 0 is the highest bit of
 * the first byte.
 */
export const rowsOfBitmaps = (
  within: readonly (Buffer | null | undefined)[],
  without: readonly (Buffer | null | undefined)[],
  from: number,
): readonly number[] => {
  const bytes = Math.max(0, ...within.map((bits) => bits?.length ?? 0));
  const rows: number[] = [];
  for (let at = from >> 3; at < bytes; at += 1) {
    const byte = joined(within, at) & ~joined(without, at);
    for (let bit = 0; byte !== 0 && bit < 8; bit += 1) {
      const row = at * 8 + bit;
      if ((byte & (0x80 >> bit)) !== 0 && row >= from) rows.push(row);
    }
  }
  return rows;
};

const joined = (bitmaps: readonly (Buffer | null | undefined)[], at: number): number =>
  bitmaps.reduce((byte, bits) => byte | (bits?.[at] ?? 0), 0);
