/** One entry of a list that is walked, newest first. */
export interface WalkStep<Item> {
  /** Where a list goes on behind this entry. */
  readonly cursor: string;
  /** The same, from right before all entries of its moment, whose ids it does not show. */
  readonly moment: string;
  /** Undefined: it does not fit. */
  readonly item: Item | undefined;
}

/**
 * A page of what fits. Where it has to stop among entries that do not, its cursor names the moment only: the reader of
 * the list may not be meant to know them. What fits of that moment is then on the next page.
 *
 * @param options.walkMax Most entries that are walked, however few fit.
 */
export const fittingPage = async <Item>(
  steps: AsyncIterable<WalkStep<Item>>,
  { limit, walkMax }: { readonly limit: number; readonly walkMax: number },
): Promise<{ readonly items: readonly Item[]; readonly nextCursor: string | undefined }> => {
  const fitting: { readonly moment: string; readonly item: Item }[] = [];
  const page = (nextCursor: string | undefined) => ({
    items: fitting.filter(({ moment }) => moment !== nextCursor).map(({ item }) => item),
    nextCursor,
  });
  let walked = 0;
  for await (const { cursor, moment, item } of steps) {
    walked += 1;
    if (item !== undefined) fitting.push({ moment, item });
    if (fitting.length === limit) return page(cursor);
    if (walked === walkMax) return page(moment);
  }
  return page(undefined);
};

/** The moment of a ULID as a cursor: an id above all of its millisecond. */
export const ulidMoment = (id: string): string => id.slice(0, 10).padEnd(26, "Z");
