import { setTimeout } from "node:timers/promises";

/** Waits; rejects when the signal says so. */
export const pause = (ms: number, signal: AbortSignal | undefined): Promise<unknown> =>
  setTimeout(ms, undefined, { signal });
