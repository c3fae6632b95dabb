/**
 * The same reading, one at a time: who asks while one is under way waits for that one, and what was read less than
 * `youngMs` ago is not read again. So however many ask, Redis is asked once, also while it is away and commands
 * queue up.
 */
export const oneAtATime = <T>(
  read: () => Promise<T>,
  { youngMs, now }: { readonly youngMs: number; readonly now: () => number },
): (() => Promise<T>) => {
  let latest: { readonly value: T; readonly atMs: number } | undefined;
  let underWay: Promise<T> | undefined;
  const readNow = async (): Promise<T> => {
    try {
      const value = await read();
      latest = { value, atMs: now() };
      return value;
    } finally {
      underWay = undefined;
    }
  };
  return async () => {
    if (latest !== undefined && now() - latest.atMs < youngMs) return latest.value;
    underWay ??= readNow();
    return underWay;
  };
};
