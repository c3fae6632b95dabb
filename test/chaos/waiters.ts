import { setTimeout as pause } from "node:timers/promises";
import { InstallNotFoundError, WaitTimeoutError } from "../../src/install/errors/errors.ts";
import type { Install } from "../../src/install/install.ts";
import type { Producer } from "../../src/producer/producer.ts";

/** Callers who wait for their installs to end. */
export interface Waiters {
  add(installId: string): void;
  /** How often Redis being away broke a wait off that was then taken up again. */
  readonly brokenOff: () => number;
  /** What became of each: the install, or why there is none. Gives those that still wait a last moment. */
  results(): Promise<readonly { readonly installId: string; readonly result: Install | Error }[]>;
}

const retryMs = 200;
/** Several times as long as a wait takes to look by itself when it has heard of no end. */
const lastMomentMs = 20_000;

/** Waits with a time-out a little beyond the run's own. */
export const createWaiters = (deps: {
  readonly producer: Producer;
  readonly deadlineMs: number;
}): Waiters => {
  const waits = new Map<string, Promise<Install | Error>>();
  let brokenOff = 0;
  let isOver = false;

  const wait = async (installId: string): Promise<Install | Error> => {
    for (;;) {
      const timeoutMs = deps.deadlineMs - performance.now();
      try {
        return await deps.producer.waitFor(installId, { timeoutMs });
      } catch (error) {
        if (error instanceof WaitTimeoutError || error instanceof InstallNotFoundError) return error;
        if (isOver || timeoutMs < 0) return new WaitTimeoutError(installId);
        brokenOff += 1;
        await pause(retryMs);
      }
    }
  };

  return {
    add: (installId) => {
      waits.set(installId, wait(installId));
    },
    brokenOff: () => brokenOff,
    results: async () => {
      const giveUp = pause(lastMomentMs, new Error("still waits"), { ref: false });
      const results = await Promise.all(
        [...waits].map(async ([installId, waiting]) => ({
          installId,
          result: await Promise.race([waiting, giveUp]),
        })),
      );
      isOver = true;
      return results;
    },
  };
};
