import { setTimeout as wait } from "node:timers/promises";
import type { Install } from "../../install/install.ts";
import type { Producer } from "../../producer/producer.ts";
import type { WhyWaiting } from "../batch/watch.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { createWaitNews } from "../terminal/wait-news.ts";

const lookEveryMs = 1000;

export interface WaitDeps {
  readonly io: Io;
  readonly producer: Pick<Producer, "waitFor">;
  readonly whyWaiting?: WhyWaiting | undefined;
}

/**
 * Waits for the end of an install, and says meanwhile why it does not come.
 *
 * @returns the install at its end, or the exit code: the signal was aborted, or off a terminal it never ends by itself.
 */
export const waitForEnd = async (
  { io, producer, whyWaiting = async () => undefined }: WaitDeps,
  installId: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
): Promise<Install | number> => {
  const done = new AbortController();
  const endless = new AbortController();
  const signals = [done.signal, endless.signal, ...(signal === undefined ? [] : [signal])];
  const stopped = AbortSignal.any(signals);
  const news = createWaitNews({ say: (line) => printNote(io, line), look: () => whyWaiting(installId) });
  const telling = async (): Promise<void> => {
    while (!stopped.aborted) {
      await wait(lookEveryMs, undefined, { signal: stopped }).catch(() => undefined);
      // Redis may be unreachable for a while; the wait itself goes on.
      const reason = stopped.aborted ? undefined : await news.check().catch(() => undefined);
      if (reason?.isEndless === true && !io.isTty) endless.abort();
    }
  };
  const told = telling();
  try {
    return await producer.waitFor(installId, { timeoutMs, signal: stopped });
  } catch (error) {
    if (!stopped.aborted) throw error;
    printNote(io, `Stopped waiting. The install goes on; follow it with: perch status ${installId} --watch`);
    return endless.signal.aborted ? exitCode.failed : exitCode.interrupted;
  } finally {
    done.abort();
    await told;
  }
};
