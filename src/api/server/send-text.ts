import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Logger } from "../../log.ts";

/** A client that reads nothing for this long is disconnected. */
const stalledMs = 60_000;

/**
 * Answers 200 with text, streamed at the client's pace. An error before the first piece is thrown, so that it becomes an
 * ordinary problem; a later one cuts the connection, so that the client does not take the text for complete.
 */
export const sendText = async (
  reply: FastifyReply,
  pieces: AsyncGenerator<string | Uint8Array>,
  { headers, log }: { readonly headers: Readonly<Record<string, string>>; readonly log: Logger },
): Promise<FastifyReply> => {
  const first = await pieces.next();
  async function* all(): AsyncGenerator<string | Uint8Array> {
    try {
      if (first.done !== true) yield first.value;
      yield* pieces;
    } finally {
      await pieces.return(undefined);
    }
  }
  const stream = Readable.from(all());
  stream.on("error", (err) => {
    const { id: requestId, routeOptions } = reply.request;
    log.warn({ requestId, route: routeOptions.url, err }, "an answer broke off");
  });
  reply.raw.setTimeout(stalledMs, () => reply.raw.destroy());
  // Otherwise closing the server waits for this keep-alive connection.
  return reply
    .code(200)
    .headers({ connection: "close", ...headers })
    .send(stream);
};
