/** Ids of which something is remembered, so that anybody's made-up ids take no more memory. */
const knownMax = 10_000;

interface Remembering<T> {
  of(id: string): Promise<T>;
  /** The same, read now. */
  afresh(id: string): Promise<T>;
  forget(id: string): void;
}

/** Remembers what was read for a moment, in this process: many who ask at once cost one read. */
export const createRemembering = <T>(deps: {
  readonly read: (id: string) => Promise<T>;
  readonly keptMs: number;
}): Remembering<T> => {
  const known = new Map<string, { readonly untilMs: number; readonly value: Promise<T> }>();
  const afresh = (id: string): Promise<T> => {
    if (known.size >= knownMax) known.clear();
    const value = deps.read(id);
    known.set(id, { untilMs: performance.now() + deps.keptMs, value });
    value.catch(() => {
      if (known.get(id)?.value === value) known.delete(id);
    });
    return value;
  };
  return {
    afresh,
    of: (id) => {
      const one = known.get(id);
      return one !== undefined && performance.now() < one.untilMs ? one.value : afresh(id);
    },
    forget: (id) => {
      known.delete(id);
    },
  };
};
