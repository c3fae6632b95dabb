/** Bound on cached ids: an attacker may send any number of made-up ones. */
const entriesMax = 10_000;

interface TtlCache<T> {
  /** Returns the cached value, reading it when there is none or it is too old. */
  get(id: string): Promise<T>;
  /** Reads the value now and caches it. */
  refresh(id: string): Promise<T>;
  /** Removes an entry. Callers that already wait for its value still receive it. */
  forget(id: string): void;
}

/**
 * An in-process cache with single flight: concurrent callers of one id share one read. Failed reads are not cached.
 *
 * @param deps.keptMs How long a value is returned, from the start of its read, ms.
 */
export const createTtlCache = <T>(deps: {
  readonly read: (id: string) => Promise<T>;
  readonly keptMs: number;
}): TtlCache<T> => {
  const entries = new Map<string, { readonly untilMs: number; readonly value: Promise<T> }>();
  const refresh = (id: string): Promise<T> => {
    if (entries.size >= entriesMax) entries.clear();
    const value = deps.read(id);
    entries.set(id, { untilMs: performance.now() + deps.keptMs, value });
    value.catch(() => {
      if (entries.get(id)?.value === value) entries.delete(id);
    });
    return value;
  };
  return {
    refresh,
    get: (id) => {
      const entry = entries.get(id);
      return entry !== undefined && performance.now() < entry.untilMs ? entry.value : refresh(id);
    },
    forget: (id) => {
      entries.delete(id);
    },
  };
};
