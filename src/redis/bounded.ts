/**
 * Wraps a read with single flight: concurrent callers share one read, and a value younger than `youngMs` is returned
 * without a read. So any number of callers cause one command, also while Redis is unreachable and commands queue up.
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

/**
 * Does something every `everyMs`, once at a time: while Redis is unreachable, its client answers late. What it throws is
 * ignored, and it keeps no process alive.
 *
 * @returns what ends it.
 */
export const repeatEvery = (everyMs: number, act: () => Promise<void>): (() => void) => {
  let isUnderWay = false;
  const timer = setInterval(() => {
    if (isUnderWay) return;
    isUnderWay = true;
    act()
      .catch(() => undefined)
      .finally(() => {
        isUnderWay = false;
      });
  }, everyMs);
  timer.unref();
  return () => clearInterval(timer);
};

/** How long closing waits for the last write, ms. */
const closeMaxMs = 2000;

/**
 * Writes what a process has collected every `everyMs`, one write at a time: a connection that waits for Redis would collect
 * the calls.
 *
 * @param write Must not throw.
 */
export const writeRegularly = (
  write: () => Promise<void>,
  everyMs: number,
): {
  /** Writes what is left. Redis may be unreachable, so that takes two seconds at most. */
  readonly close: () => Promise<void>;
} => {
  let writing: Promise<void> | undefined;
  const flush = async (): Promise<void> => {
    writing ??= write().finally(() => {
      writing = undefined;
    });
    await writing;
  };
  const timer = setInterval(flush, everyMs);
  timer.unref();
  return {
    close: async () => {
      clearInterval(timer);
      // The first may only wait for a write that is under way.
      await within(closeMaxMs, flush().then(flush));
    },
  };
};

/** What a promise resolves with, or undefined when it fails or takes longer than `limitMs`. */
export const within = async <T>(limitMs: number, promise: Promise<T>): Promise<T | undefined> => {
  const limit = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => limit.resolve(undefined), limitMs);
  try {
    return await Promise.race([promise, limit.promise]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
};
