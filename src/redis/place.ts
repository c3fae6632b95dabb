/** A place in a list that is ordered by a moment and, within it, by id; newest first. */
export interface Place {
  readonly atMs: number;
  readonly id: string;
}

/** A place as the cursor of a page. */
export const writePlace = ({ atMs, id }: Place): string => `${atMs}_${id}`;

/** The place a cursor names; undefined for a text that is no such cursor. */
export const readPlace = (cursor: string): Place | undefined => {
  const [, atMs, id] = /^(\d{1,16})_(.+)$/.exec(cursor) ?? [];
  return atMs === undefined || id === undefined ? undefined : { atMs: Number(atMs), id };
};

/** Whether a place comes after another in the list. */
export const isBehind = (place: Place, other: Place): boolean =>
  place.atMs < other.atMs || (place.atMs === other.atMs && place.id < other.id);
