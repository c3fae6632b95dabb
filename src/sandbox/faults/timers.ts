/** Everything the sandbox does later, so that it can be called off as a whole. */
export interface Timers {
  /** Runs after `delayMs`; with 0, once what is being written now has been written. */
  readonly after: (delayMs: number, run: () => void) => void;
  /** Calls off all that has not run yet. */
  readonly clear: () => void;
  /** Clears, and takes nothing more. */
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
