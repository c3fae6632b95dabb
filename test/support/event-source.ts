import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";

/** One server-sent event. */
export interface ReceivedEvent {
  readonly name: string;
  readonly data: string;
  /** When it came, by performance.now(). */
  readonly atMs: number;
}

/** A client that follows server-sent events. */
export interface EventSource {
  readonly status: number;
  readonly events: readonly ReceivedEvent[];
  /** Resolves when the server ends the stream, with whether it came to its proper end. */
  readonly ended: Promise<boolean>;
  /** Disconnects. */
  leave(): void;
}

/** Begins to follow, and waits for the head of the answer. */
export const followEvents = async (
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventSource> => {
  const outgoing = request(url, { headers, agent: false });
  outgoing.on("error", () => undefined).end();
  const [incoming]: IncomingMessage[] = await once(outgoing, "response");
  assert.ok(incoming);
  const events: ReceivedEvent[] = [];
  let text = "";
  incoming.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    const pieces = text.split("\n\n");
    text = pieces.pop() ?? "";
    for (const piece of pieces) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(piece) ?? [];
      if (name !== undefined && data !== undefined) events.push({ name, data, atMs: performance.now() });
    }
  });
  const { promise: ended, resolve } = Promise.withResolvers<boolean>();
  incoming.on("error", () => undefined).once("close", () => resolve(incoming.complete));
  return { status: incoming.statusCode ?? 0, events, ended, leave: () => void outgoing.destroy() };
};
