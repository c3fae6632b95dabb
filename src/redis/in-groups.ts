/**
 * Yields what a source yields in groups, so that Redis is asked for many at once. When the source throws, what it
 * yielded before is a group too, and the error comes after it.
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
