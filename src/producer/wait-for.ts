import { setTimeout as pause } from "node:timers/promises";
import { InstallNotFoundError } from "../install/errors.ts";
import { type Install, isEnded } from "../install/install.ts";
import type { Installs } from "../queue/installs/installs.ts";

/** No end within the time given. The install goes on; wait again with the same id. */
export class WaitTimeoutError extends Error {
  readonly code = "wait_timeout";

  constructor(installId: string) {
    super(`Install ${installId} has not ended yet: wait again or look at its status.`);
    this.name = "WaitTimeoutError";
  }
}

/** BullMQ's events may be trimmed before they are read, so an install is looked at this often besides. */
const recheckMs = 5000;
/** How soon to look again when Redis did not answer. */
const retryMs = 500;

/** @throws {WaitTimeoutError} @throws {InstallNotFoundError} @throws the signal's reason once it is aborted. */
export type WaitFor = (
  installId: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
) => Promise<Install>;

/** What tells of ends, as BullMQ's QueueEvents do. */
interface EndEvents {
  on(event: "completed" | "failed", listener: (end: { readonly jobId: string }) => void): unknown;
}

/** An install somebody waits for. */
interface Watched {
  readonly ended: Promise<Install>;
  readonly stop: () => void;
  waiters: number;
}

/**
 * Waits until installs have ended, in whatever way. One pair of listeners serves everyone who waits, and one watcher an
 * install all who wait for it; Redis being away meanwhile only makes the wait longer.
 *
 * BullMQ's own `waitUntilFinished` is not used: when Redis goes away it rejects a promise nobody can catch,
 * which ends the process.
 */
export const createWaitFor = (deps: {
  /** Of every shard. */
  readonly events: readonly EndEvents[];
  readonly installs: Pick<Installs, "find">;
}): WaitFor => {
  const wakers = new Map<string, () => void>();
  const tell = ({ jobId }: { readonly jobId: string }): void => wakers.get(jobId)?.();
  for (const events of deps.events) {
    events.on("completed", tell);
    events.on("failed", tell);
  }

  /** Looks until the install has ended, whenever an event names it or it is time again. */
  const watch = async (installId: string, signal: AbortSignal): Promise<Install> => {
    for (;;) {
      // Listen first, look second: an end between the two is heard.
      const { promise: heard, resolve } = Promise.withResolvers<void>();
      wakers.set(installId, resolve);
      const look = await lookAt(deps.installs, installId);
      signal.throwIfAborted();
      if (look.install !== undefined) return look.install;
      await withinMs(heard, look.againMs, signal);
      signal.throwIfAborted();
    }
  };

  const watched = new Map<string, Watched>();
  const begin = (installId: string): Watched => {
    const controller = new AbortController();
    const stop = (): void => {
      if (watched.get(installId) !== one) return;
      watched.delete(installId);
      wakers.delete(installId);
      controller.abort();
    };
    const ended = watch(installId, controller.signal).finally(stop);
    const one: Watched = { ended, stop, waiters: 0 };
    // Whoever waits hears of a failure; when nobody does any more there is none to hear of it.
    ended.catch(() => undefined);
    watched.set(installId, one);
    return one;
  };

  return async (installId, { timeoutMs, signal }) => {
    const one = watched.get(installId) ?? begin(installId);
    one.waiters += 1;
    try {
      // The watcher may have looked a while ago, and may miss an event: look at both ends oneself.
      const first = await lookAt(deps.installs, installId);
      signal?.throwIfAborted();
      const seen = first.install ?? (await withinMs(one.ended, timeoutMs, signal));
      signal?.throwIfAborted();
      const install = seen ?? (await lookAt(deps.installs, installId)).install;
      if (install === undefined) throw new WaitTimeoutError(installId);
      return install;
    } finally {
      one.waiters -= 1;
      if (one.waiters === 0) one.stop();
    }
  };
};

/** The install once it has ended, else how soon to look again. @throws {InstallNotFoundError} */
const lookAt = async (
  installs: Pick<Installs, "find">,
  installId: string,
): Promise<{ readonly install?: Install; readonly againMs: number }> => {
  const found = await installs.find(installId).catch(() => "away" as const);
  if (found === "away") return { againMs: retryMs };
  if (found === undefined) throw new InstallNotFoundError(installId);
  return isEnded(found.status) ? { install: found, againMs: 0 } : { againMs: recheckMs };
};

/** What the promise resolves with; undefined when the time is up before, or the signal is aborted. */
const withinMs = async <T>(
  promise: Promise<T>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<T | undefined> => {
  const timer = new AbortController();
  const stop = (): void => timer.abort();
  signal?.addEventListener("abort", stop);
  try {
    const timeUp = pause(ms, undefined, { signal: timer.signal }).catch(() => undefined);
    return await Promise.race([promise, timeUp]);
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
};
