import type { FastifyReply } from "fastify";
import type { Logger } from "../../log.ts";
import { sendText } from "./send-text.ts";
import type { StreamingRequests } from "./streaming.ts";

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Without it nginx buffers events.
  "x-accel-buffering": "no",
} as const;

/** How long a client that lost the stream waits before it reconnects, ms. */
const retryMs = 3000;
const aliveEveryMs = 15_000;

/** What of a state is sent. */
export interface StateEvent {
  readonly name: string;
  /** Nothing comes after it: the stream ends. */
  readonly isLast: boolean;
}

/**
 * Server-sent events about the state of a thing: one when it has changed, with the whole state, so a client that
 * reconnects needs no `Last-Event-ID`. After `aliveEveryMs` without a change a comment is sent, so that proxies keep the
 * connection open.
 *
 * @param states The present state, then each further look at it.
 * @param options.toEvent Names the event of a state.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* eventsOf<T>(
  states: AsyncIterable<T>,
  options: { readonly toEvent: (state: T) => StateEvent; readonly aliveEveryMs?: number },
): AsyncGenerator<string> {
  let sent: string | undefined;
  let sentMs = performance.now();
  for await (const state of states) {
    if (sent === undefined) yield `retry: ${retryMs}\n\n`;
    const { name, isLast } = options.toEvent(state);
    const data = JSON.stringify(state);
    const isOld = performance.now() - sentMs >= (options.aliveEveryMs ?? aliveEveryMs);
    if (isLast || data !== sent) yield `event: ${name}\ndata: ${data}\n\n`;
    else if (isOld) yield ": still here\n\n";
    else continue;
    if (isLast) return;
    sent = data;
    sentMs = performance.now();
  }
}

/**
 * Answers with the events of a thing's state, until it or the caller's session has ended, the client disconnects or the
 * server closes.
 *
 * @param stream.states Ends when its signal is aborted.
 * @param stream.missing Thrown when there is no state: the request's problem.
 */
export const sendEvents = <T>(
  reply: FastifyReply,
  stream: {
    readonly states: (signal: AbortSignal) => AsyncIterable<T>;
    readonly toEvent: (state: T) => StateEvent;
    readonly missing: () => Error;
  },
  { streaming, log }: { readonly streaming: StreamingRequests; readonly log: Logger },
): Promise<FastifyReply> => {
  streaming.waiting.acquire(reply);
  const signals = [streaming.abortSignalFor(reply)];
  const { endsMs } = reply.request.admission ?? {};
  if (endsMs !== undefined) signals.push(AbortSignal.timeout(Math.max(0, endsMs - Date.now())));
  return sendText(reply, pieces(stream, AbortSignal.any(signals)), { headers, log });
};

async function* pieces<T>(
  { states, toEvent, missing }: Parameters<typeof sendEvents<T>>[1],
  signal: AbortSignal,
): AsyncGenerator<string> {
  let isMissing = true;
  for await (const piece of eventsOf(states(signal), { toEvent })) {
    isMissing = false;
    yield piece;
  }
  if (isMissing && !signal.aborted) throw missing();
}
