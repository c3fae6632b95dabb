import { setTimeout as pause } from "node:timers/promises";

/** Watches things for all their followers in this process. */
export interface LiveHub<Topic, T> {
  /**
   * Yields the present state, then each further look at it; a follower that is slow gets the newest only. Ends when the
   * thing does not exist, or not any more, and once the signal is aborted.
   *
   * @throws what a look throws, to all followers of the thing.
   */
  follow(topic: Topic, signal: AbortSignal): AsyncGenerator<T, void, undefined>;
  /** How many things are watched. */
  watched(): number;
}

/** One look at a thing. */
interface Look<T> {
  readonly count: number;
  readonly value: T | undefined;
}

interface Watch<T> {
  readonly stopped: AbortController;
  followers: number;
  last: Look<T>;
  next: PromiseWithResolvers<Look<T>>;
}

/** With the time of a look, a change is seen within a second. */
const lookEveryMs = 800;

/**
 * Looks at each followed thing once an interval, however many follow it, and stops when none is left. Things are asked
 * for rather than listened to: what changes them is spread over workers, and a state that is asked for cannot be missed.
 *
 * @param deps.nameOf Topics of the same name are one thing.
 * @param deps.look Resolves with undefined when there is no such thing.
 */
export const createLiveHub = <Topic, T>({
  nameOf,
  look,
  everyMs = lookEveryMs,
}: {
  readonly nameOf: (topic: Topic) => string;
  readonly look: (topic: Topic) => Promise<T | undefined>;
  readonly everyMs?: number;
}): LiveHub<Topic, T> => {
  const watches = new Map<string, Watch<T>>();

  const stop = (name: string, watch: Watch<T>): void => {
    if (watches.get(name) === watch) watches.delete(name);
    watch.stopped.abort();
  };

  const run = async (topic: Topic, watch: Watch<T>): Promise<void> => {
    const { signal } = watch.stopped;
    while (!signal.aborted) {
      const beganMs = performance.now();
      const { resolve } = watch.next;
      const value = await look(topic);
      watch.last = { count: watch.last.count + 1, value };
      watch.next = Promise.withResolvers();
      resolve(watch.last);
      if (value === undefined) return;
      const restMs = Math.max(0, everyMs - (performance.now() - beganMs));
      await pause(restMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  };

  const begin = (topic: Topic, name: string): Watch<T> => {
    const watch: Watch<T> = {
      stopped: new AbortController(),
      followers: 0,
      last: { count: 0, value: undefined },
      next: Promise.withResolvers(),
    };
    watches.set(name, watch);
    run(topic, watch)
      .catch((error: unknown) => {
        // Each follower receives the failure from its own await.
        watch.next.promise.catch(() => undefined);
        watch.next.reject(error);
      })
      .finally(() => stop(name, watch));
    return watch;
  };

  async function* follow(topic: Topic, signal: AbortSignal): AsyncGenerator<T, void, undefined> {
    const name = nameOf(topic);
    const watch = watches.get(name) ?? begin(topic, name);
    watch.followers += 1;
    try {
      for (let seen = 0; ; ) {
        const found = watch.last.count > seen ? watch.last : await unlessAborted(watch.next.promise, signal);
        if (signal.aborted || found?.value === undefined) return;
        seen = found.count;
        yield found.value;
      }
    } finally {
      watch.followers -= 1;
      if (watch.followers === 0) stop(name, watch);
    }
  }
  return { follow, watched: () => watches.size };
};

const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
