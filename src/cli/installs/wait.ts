import { setTimeout } from "node:timers/promises";
import type { Install } from "../../install/install.ts";
import type { Producer } from "../../producer/producer.ts";
import { printNote } from "../terminal/io.ts";
import { lookEveryMs, type WaitDeps, waitWithNews } from "../terminal/wait-news.ts";

/**
 * Waits for the end of an install, also while Redis is unreachable, and says meanwhile why it does not come.
 *
 * @returns the install at its end, or the exit code: the signal was aborted, or off a terminal it never ends by itself.
 * @throws {WaitTimeoutError}
 */
export const waitForEnd = async (
  { producer, whyWaiting, ...deps }: WaitDeps & { readonly producer: Pick<Producer, "waitFor"> },
  id: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Install | number> => {
  const over = new AbortController();
  const signals = signal === undefined ? [over.signal] : [over.signal, signal];
  const end = producer.waitFor(id, { timeoutMs, signal: AbortSignal.any(signals) });
  // A look receives its failure; after the last one it is ignored.
  end.catch(() => undefined);
  const look = () => Promise.race([end, setTimeout(lookEveryMs, undefined, { ref: false })]);
  const why = async (each: string) => whyWaiting?.(each).catch(() => undefined);
  // The look itself takes a second, and ends with the install.
  const pause = async (): Promise<void> => undefined;
  try {
    const ended = await waitWithNews({ ...deps, whyWaiting: why, pause }, { id, look, signal });
    if (typeof ended === "number")
      printNote(deps.io, `Stopped waiting. The install goes on; follow it with: perch status ${id} --watch`);
    return ended;
  } finally {
    over.abort();
  }
};
