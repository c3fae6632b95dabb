import { setTimeout as pause } from "node:timers/promises";

/** Waits until something is so, looking every few milliseconds; fails after half a minute, saying what it waited for. */
export const until = async <T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> => {
  const deadlineMs = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadlineMs) throw new Error(`waited half a minute until ${what}`);
    await pause(5);
  }
};
