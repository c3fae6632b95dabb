/** Delayed work of the sandbox, which can be cancelled as a whole. */
export interface Timers {
  /** Runs after `delayMs`; with 0, once the current answer has been written. */
  readonly after: (delayMs: number, run: () => void) => void;
  /** Cancels everything that has not run yet. */
  readonly clear: () => void;
  /** Clears, and accepts nothing more. */
  readonly close: () => void;
}

/** Makes a set of timers. */
export const createTimers = (): Timers => {
  const waiting = new Set<NodeJS.Timeout>();
  let era = 0;
  let isClosed = false;

  const clear = (): void => {
    era += 1;
    for (const timer of waiting) clearTimeout(timer);
    waiting.clear();
  };

  return {
    after: (delayMs, run) => {
      if (isClosed) return;
      const start = era;
      if (delayMs <= 0) {
        setImmediate(() => {
          if (era === start) run();
        });
        return;
      }
      const timer = setTimeout(() => {
        waiting.delete(timer);
        run();
      }, delayMs);
      waiting.add(timer);
    },
    clear,
    close: () => {
      isClosed = true;
      clear();
    },
  };
};
