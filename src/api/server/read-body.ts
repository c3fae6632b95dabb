import type { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { ProblemError } from "../../http/problem.ts";
import { ImportFileError } from "../../producer/read/errors.ts";
import { goneProblem } from "./streaming.ts";

/** Parses JSON bodies; an empty body counts as none, whatever its content type. */
export const parseJson = (server: FastifyInstance): void => {
  server.removeAllContentTypeParsers();
  const parse = server.getDefaultJsonParser("error", "error");
  server.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return parse(request, body.toString(), (error, value) => {
      if (error === null) return done(null, value);
      // The parser's message is left out, because it quotes the body.
      const detail = "The body is not JSON: check its commas, quotes and brackets.";
      return done(new ProblemError({ status: 400, code: "invalid_json", detail }));
    });
  });
};

/** An upload is stopped when `leastEveryMs` of waiting for bytes yield fewer than these. */
const leastBytes = 1024;
const leastEveryMs = 60_000;

const slowProblem = {
  status: 408,
  code: "upload_too_slow",
  detail: `Less than ${leastBytes} bytes of the file came within a minute: send the same file again, and it goes on.`,
} as const;

/** How much of a body may be held that was read ahead; a workbook may be held as a whole, which is more. */
const aheadBytesMax = 16_777_216;

/** What a chunk needs beside its bytes: a client may send each byte in a chunk of its own. */
const chunkBytes = 512;

/**
 * Reads the bytes of a body until the signal is aborted. The body stays open, because its connection still has to carry
 * the answer; `drain` discards further bytes, so that the client reads that answer. `readAhead` reads what has arrived
 * before it is asked for, to a limit: the end of the connection, if it has ended, comes after it.
 *
 * @param signal Its reason, a {@link ProblemError}, is thrown to the reader of the bytes.
 * @param options.everyMs How long the client may take for a kibibyte.
 */
export const readBody = (
  body: Readable,
  signal: AbortSignal,
  { everyMs = leastEveryMs }: { readonly everyMs?: number } = {},
) => {
  const chunks: AsyncIterator<Uint8Array> = body.iterator({ destroyOnReturn: false });
  const { next, readAhead, discard } = createLookahead(chunks, signal);
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let [waitedMs, receivedBytes] = [0, 0];
    for (;;) {
      // Counts the time spent waiting for the client, not the time the consumer takes.
      const startMs = performance.now();
      const { done, value } = await unlessStopped(next(), signal);
      if (done === true) return;
      waitedMs += performance.now() - startMs;
      receivedBytes += value.length;
      if (receivedBytes >= leastBytes) [waitedMs, receivedBytes] = [0, 0];
      if (waitedMs > everyMs) throw new ProblemError(slowProblem);
      yield value;
    }
  }
  const drain = async (): Promise<void> => {
    discard();
    while (!body.destroyed && (await chunks.next()).done !== true);
  };
  return { bytes: bytes(), readAhead, drain: () => void drain().catch(() => undefined) };
};

/** Chunks that can be read before they are asked for. */
const createLookahead = (chunks: AsyncIterator<Uint8Array>, signal: AbortSignal) => {
  let held: Promise<IteratorResult<Uint8Array>>[] = [];
  let heldBytes = 0;
  let isReading = false;
  const readAhead = async (): Promise<void> => {
    if (isReading) return;
    isReading = true;
    try {
      while (heldBytes < aheadBytesMax && !signal.aborted) {
        const chunk = chunks.next();
        held.push(chunk);
        const { done, value } = await chunk;
        if (done === true) return;
        heldBytes += value.length + chunkBytes;
      }
    } catch {
      // The reader of that chunk gets its error.
    } finally {
      isReading = false;
    }
  };
  return {
    next: async () => {
      const first = held.shift();
      if (first === undefined) return chunks.next();
      const chunk = await first;
      if (chunk.done !== true) heldBytes -= chunk.value.length + chunkBytes;
      return chunk;
    },
    readAhead,
    discard: () => {
      held = [];
    },
  };
};

/** Resolves with the chunk, or rejects with the signal's reason once it is aborted. */
const unlessStopped = <T>(chunk: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    chunk
      .then(resolve, (cause: unknown) => reject(signal.aborted ? signal.reason : gone(cause)))
      .finally(() => signal.removeEventListener("abort", stop));
  });

/** The error of a body that ends early because its client disconnected, or is wrong in itself. */
const gone = (cause: unknown): ProblemError | ImportFileError =>
  cause instanceof ImportFileError ? cause : Object.assign(new ProblemError(goneProblem), { cause });
