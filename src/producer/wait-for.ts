import { setTimeout as pause } from "node:timers/promises";
import type { QueueEvents } from "bullmq";
import { type Install, isEnded } from "../install/install.ts";
import { InstallNotFoundError } from "../queue/install-not-found-error.ts";
import type { Installs } from "../queue/installs.ts";

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

/**
 * Waits until installs have ended, in whatever way. One pair of listeners serves everyone who waits; Redis
 * being away meanwhile only makes the wait longer.
 *
 * BullMQ's own `waitUntilFinished` is not used: when Redis goes away it rejects a promise nobody can catch,
 * which ends the process.
 */
export const createWaitFor = (deps: {
  /** Of every shard. */
  readonly events: readonly Pick<QueueEvents, "on">[];
  readonly installs: Pick<Installs, "find">;
}): WaitFor => {
  const waiting = new Map<string, Set<() => void>>();
  const tell = ({ jobId }: { readonly jobId: string }): void => {
    for (const wake of waiting.get(jobId) ?? []) wake();
  };
  for (const events of deps.events) {
    events.on("completed", tell);
    events.on("failed", tell);
  }

  /** Resolves at the install's next end, or when the time is up. */
  const listen = (installId: string): { readonly ended: Promise<void>; readonly stop: () => void } => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wakers = waiting.get(installId) ?? new Set();
    waiting.set(installId, wakers.add(resolve));
    const stop = (): void => {
      wakers.delete(resolve);
      if (wakers.size === 0) waiting.delete(installId);
    };
    return { ended: promise, stop };
  };

  return async (installId, { timeoutMs, signal }) => {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      // Listen first, look second: an end between the two is heard.
      const { ended, stop } = listen(installId);
      try {
        const look = await lookAt(deps.installs, installId);
        signal?.throwIfAborted();
        if (look.install !== undefined) return look.install;
        const leftMs = deadlineMs - performance.now();
        if (leftMs <= 0) throw new WaitTimeoutError(installId);
        await withinMs(ended, Math.min(leftMs, look.againMs), signal);
      } finally {
        stop();
      }
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

/** Resolves with the promise, when the time is up, or when the signal is aborted. */
const withinMs = async (
  promise: Promise<void>,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<void> => {
  const timer = new AbortController();
  const stop = (): void => timer.abort();
  signal?.addEventListener("abort", stop);
  await Promise.race([promise, pause(ms, undefined, { signal: timer.signal }).catch(() => undefined)]);
  signal?.removeEventListener("abort", stop);
  timer.abort();
};
