import { setTimeout as pause } from "node:timers/promises";

/** Resolves at the next look at a thing; with undefined when it is not there any more, or once the signal is aborted. */
export type NextLook<T> = (id: string, signal: AbortSignal) => Promise<T | undefined>;

interface Look<T> {
  readonly found: Promise<T | undefined>;
  askers: number;
}

/**
 * One look at a time serves all who follow the same thing in this process, and nothing is looked at that nobody follows.
 *
 * @param deps.everyMs How often each is looked at.
 */
export const createNextLook = <T>({
  find,
  everyMs = 1000,
}: {
  readonly find: (id: string) => Promise<T | undefined>;
  readonly everyMs?: number;
}): NextLook<T> => {
  const looks = new Map<string, Look<T>>();

  const begin = (id: string): Look<T> => {
    const look: Look<T> = {
      askers: 0,
      found: pause(everyMs, undefined, { ref: false }).then(() => {
        looks.delete(id);
        return look.askers === 0 ? undefined : find(id);
      }),
    };
    // Those who still ask hear of a failure themselves.
    look.found.catch(() => undefined);
    looks.set(id, look);
    return look;
  };

  return async (id, signal) => {
    const look = looks.get(id) ?? begin(id);
    look.askers += 1;
    try {
      return await unlessAborted(look.found, signal);
    } finally {
      look.askers -= 1;
    }
  };
};

const unlessAborted = <T>(promise: Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
