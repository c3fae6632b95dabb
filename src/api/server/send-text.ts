import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { Logger } from "../../log.ts";

/** A client that takes nothing for so long is gone. */
const stalledMs = 60_000;

/**
 * Answers 200 with text that is written as the client takes it. What goes wrong before the first piece is thrown, so that
 * it is told as any other problem; after that the connection is cut, so that nobody takes the text for whole.
 */
export const sendText = async (
  reply: FastifyReply,
  pieces: AsyncGenerator<string>,
  { headers, log }: { readonly headers: Readonly<Record<string, string>>; readonly log: Logger },
): Promise<FastifyReply> => {
  const first = await pieces.next();
  async function* all(): AsyncGenerator<string> {
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
  // A server that closes would wait for a connection that is kept alive after it.
  return reply
    .code(200)
    .headers({ connection: "close", ...headers })
    .send(stream);
};
