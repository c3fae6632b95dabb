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

/**
 * Reads the bytes of a body until the signal is aborted. The body stays open, because its connection still has to carry
 * the answer; `drain` discards further bytes, so that the client reads that answer.
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
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let [waitedMs, receivedBytes] = [0, 0];
    for (;;) {
      // Counts the time spent waiting for the client, not the time the consumer takes.
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
