import { setTimeout as pause } from "node:timers/promises";

/** Waits until something is so, looking every few milliseconds; fails after half a minute or `seconds`, saying what it waited for. */
export const until = async <T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> => {
  const deadlineMs = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (performance.now() > deadlineMs) throw new Error(`waited ${seconds} s until ${what}`);
    await pause(5);
  }
};
