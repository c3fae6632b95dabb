import type { Readable } from "node:stream";
import { ProblemError } from "../../http/problem.ts";
import { goneProblem } from "./streaming.ts";

/** Fewer bytes than this within so much waiting for them are no upload. */
const leastBytes = 1024;
const leastEveryMs = 60_000;

const slowProblem = {
  status: 408,
  code: "upload_too_slow",
  detail: `Less than ${leastBytes} bytes of the file came within a minute: send the same file again, and it goes on.`,
} as const;

/**
 * The bytes of a body until a signal stops them. The body stays open, because its connection has yet to carry the
 * answer; `drain` throws away what still comes, so that the client gets to read it.
 *
 * @param signal Its reason is what the bytes end with, a {@link ProblemError}.
 * @param options.everyMs How long the client may take for a kibibyte.
 */
export const readBody = (
  body: Readable,
  signal: AbortSignal,
  { everyMs = leastEveryMs }: { readonly everyMs?: number } = {},
) => {
  const chunks: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: false });
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let [waitedMs, receivedBytes] = [0, 0];
    for (;;) {
      // Only what is spent waiting for the client counts, not what becomes of the bytes meanwhile.
      const startMs = performance.now();
      const { done, value } = await unlessStopped(chunks.next(), signal);
      if (done === true) return;
      waitedMs += performance.now() - startMs;
      receivedBytes += value.length;
      if (receivedBytes >= leastBytes) [waitedMs, receivedBytes] = [0, 0];
      if (waitedMs > everyMs) throw new ProblemError(slowProblem);
      yield value;
    }
  }
  const drain = async (): Promise<void> => {
    while (!body.destroyed && (await chunks.next()).done !== true);
  };
  return { bytes: bytes(), drain: () => void drain().catch(() => undefined) };
};

/** What was waited for, or the signal's reason once that is aborted. */
const unlessStopped = <T>(chunk: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    chunk
      .then(resolve, (cause: unknown) => reject(signal.aborted ? signal.reason : gone(cause)))
      .finally(() => signal.removeEventListener("abort", stop));
  });

/** A body that cannot be read to its end: its client is gone. */
const gone = (cause: unknown): ProblemError => Object.assign(new ProblemError(goneProblem), { cause });
