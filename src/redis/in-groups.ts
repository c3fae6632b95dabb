/**
 * Yields the items of a source in groups, so that each group takes one round trip to Redis. When the source throws, the
 * items before the error are yielded as a last group first.
 */
export async function* inGroups<T>(
  source: AsyncIterable<T> | Iterable<T>,
  size: number,
): AsyncGenerator<T[]> {
  let group: T[] = [];
  const errors: unknown[] = [];
  try {
    for await (const item of source) {
      group.push(item);
      if (group.length < size) continue;
      yield group;
      group = [];
    }
  } catch (error) {
    errors.push(error);
  }
  if (group.length > 0) yield group;
  for (const error of errors) throw error;
}
