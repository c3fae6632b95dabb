/** Ids of one moment share their beginning, so their ends are shown: 40 bits of chance, and a counter within one process. */
const shownMin = 8;

/** Shortens ids to endings that no two of them share. Commands find an id by such an ending. */
export const shortIds = (ids: readonly string[]): ((id: string) => string) => {
  const unique = [...new Set(ids)];
  let length = shownMin;
  while (length < 26 && new Set(unique.map((id) => id.slice(-length))).size < unique.length) length += 1;
  return (id) => id.slice(-length);
};
