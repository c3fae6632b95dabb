import { setTimeout as pause } from "node:timers/promises";
import { QueueEvents } from "bullmq";
import { InstallNotFoundError, WaitTimeoutError } from "../install/errors/errors.ts";
import { type Install, isEnded } from "../install/install.ts";
import type { Installs } from "../queue/installs/installs.ts";
import { eachShard, installsQueueName, type Keys } from "../queue/keyspace/keys.ts";
import { closeRedis, connectRedis } from "../redis/connection.ts";

/** How often an install is read in addition to events, because BullMQ may trim events before they are read. */
const recheckMs = 5000;
/** Delay before the next read when Redis did not answer. */
const retryMs = 500;

/** @throws {WaitTimeoutError} @throws {InstallNotFoundError} @throws the signal's reason once it is aborted. */
export type WaitFor = (
  installId: string,
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
) => Promise<Install>;

/** Emits the ends of jobs, as BullMQ's QueueEvents do. */
interface EndEvents {
  on(event: "completed" | "failed", listener: (end: { readonly jobId: string }) => void): unknown;
}

/** An install with at least one waiter. */
interface Watched {
  readonly ended: Promise<Install>;
  readonly stop: () => void;
  waiters: number;
}

/**
 * Waits until installs have ended, whatever the outcome. One pair of listeners serves all waiters, and one watcher an
 * install serves all waiters for it. While Redis is unreachable the wait continues.
 *
 * BullMQ's own `waitUntilFinished` is not used: when Redis disconnects, it rejects a promise that no code can catch, which
 * ends the process.
 */
export const createWaitFor = (deps: {
  /** Of every shard. */
  readonly events: readonly EndEvents[];
  readonly installs: Pick<Installs, "find">;
}): WaitFor => {
  const wakers = new Map<string, () => void>();
  const wake = ({ jobId }: { readonly jobId: string }): void => wakers.get(jobId)?.();
  for (const events of deps.events) {
    events.on("completed", wake);
    events.on("failed", wake);
  }

  /** Reads the install on each of its events, and at intervals, until it has ended. */
  const watch = async (installId: string, signal: AbortSignal): Promise<Install> => {
    for (;;) {
      // Listen first, read second: an end between the two is not missed.
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      wakers.set(installId, resolve);
      const look = await lookAt(deps.installs, installId);
      signal.throwIfAborted();
      if (look.install !== undefined) return look.install;
      await withinMs(woken, look.againMs, signal);
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
    // Each waiter receives a failure from its own await; without waiters it is ignored.
    ended.catch(() => undefined);
    watched.set(installId, one);
    return one;
  };

  return async (installId, { timeoutMs, signal }) => {
    const one = watched.get(installId) ?? begin(installId);
    one.waiters += 1;
    try {
      // The watcher may have read the install a while ago, and may miss an event: read before and after.
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

/** The install once it has ended, else the delay before the next read. @throws {InstallNotFoundError} */
const lookAt = async (
  installs: Pick<Installs, "find">,
  installId: string,
): Promise<{ readonly install?: Install; readonly againMs: number }> => {
  const found = await installs.find(installId).catch(() => "away" as const);
  if (found === "away") return { againMs: retryMs };
  if (found === undefined) throw new InstallNotFoundError(installId);
  return isEnded(found.status) ? { install: found, againMs: 0 } : { againMs: recheckMs };
};

/** Resolves with the promise's value; undefined when the time is up before, or the signal is aborted. */
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

/** A {@link WaitFor} with the connection it listens on. */
export interface OpenWait {
  readonly waitFor: WaitFor;
  close(): Promise<void>;
}

export const openWait = async (redisUrl: string, keys: Keys, installs: Installs): Promise<OpenWait> => {
  const connection = await connectRedis(redisUrl, { whenAway: "wait", name: "producer-events" });
  const events: QueueEvents[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(events.map((each) => each.close()));
    await closeRedis(connection);
  };
  try {
    // From a known event on: BullMQ's default, what comes after a read arrived at Redis, misses ends before the first
    // event is read, while the connection starts and whenever it is lost.
    const latest = await eachShard(keys, (shard) => connection.xrevrange(shard.events, "+", "-", "COUNT", 1));
    for (const [index, { prefix }] of keys.shards.entries()) {
      const lastEventId = latest[index]?.[0]?.[0] ?? "0-0";
      const each = new QueueEvents(installsQueueName, { connection, prefix, lastEventId });
      events.push(each.on("error", () => undefined));
    }
    await Promise.all(events.map((each) => each.waitUntilReady()));
  } catch (error) {
    await close();
    throw error;
  }
  return { waitFor: createWaitFor({ events, installs }), close };
};
