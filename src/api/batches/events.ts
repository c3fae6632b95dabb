import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Batch } from "../../install/batch.ts";
import type { Logger } from "../../log.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { callerOf } from "../auth/reach.ts";
import { problems, textAnswer } from "../server/answers.ts";
import { idParams } from "../server/parameters.ts";
import { sendText } from "../server/send-text.ts";
import type { StreamingRequests } from "../server/streaming.ts";
import { findBatch } from "./find.ts";

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Without it nginx buffers events.
  "x-accel-buffering": "no",
} as const;

const description = `Sends \`progress\` when the batch has changed, checked once a second for all its streams, and \`finished\` when it has
ended; then the stream ends. The data of each event is the whole batch as JSON, so a client that reconnects needs no
\`Last-Event-ID\`: its first event has the current state.`;

export interface BatchEventsDeps {
  readonly batches: Pick<Batches, "find" | "isWithin">;
  readonly log: Logger;
}

/** `GET /v1/batches/{id}/events`. */
export const addBatchEvents = (
  server: FastifyInstance,
  { batches, log, streaming }: BatchEventsDeps & { readonly streaming: StreamingRequests },
): void => {
  const poll = createSharedPoll({ find: batches.find });
  server.withTypeProvider<ZodTypeProvider>().get(
    "/v1/batches/:id/events",
    {
      config: { scope: "read", reach: "workspaces" },
      schema: {
        operationId: "followBatch",
        tags: ["batches"],
        summary: "Follow a batch as server-sent events",
        description,
        params: idParams("batch"),
        response: {
          200: textAnswer("The events.", { "text/event-stream": "Events `progress` and `finished`." }),
          ...problems(404, 429),
        },
      },
    },
    async (request, reply) => {
      const batch = await findBatch({ batches }, callerOf(request), request.params.id);
      streaming.waiting.acquire(reply);
      const signal = streaming.abortSignalFor(reply);
      const next = () => poll(batch.id, signal);
      return sendText(reply, followBatch(batch, { next }), { headers, log });
    },
  );
};

/** How long a client that lost the stream waits before it reconnects, ms. */
const retryMs = 3000;

/**
 * Server-sent events about a batch: `progress` when it has changed; `finished` when it has ended, which is the last
 * one. Each has the whole batch. After `aliveEveryMs` without a change a comment is sent, so that proxies keep the
 * connection open.
 *
 * @param batch The batch now.
 * @param options.next Resolves with each further read of the batch, and with undefined after the last.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* followBatch(
  batch: Batch,
  options: { readonly next: () => Promise<Batch | undefined>; readonly aliveEveryMs?: number },
): AsyncGenerator<string> {
  const { next, aliveEveryMs = 15_000 } = options;
  yield `retry: ${retryMs}\n\n`;
  let sent = "";
  let sentMs = performance.now();
  for (let seen: Batch | undefined = batch; seen !== undefined; seen = await next()) {
    const data = JSON.stringify(seen);
    if (seen.finishedAt !== undefined) {
      yield event("finished", data);
      return;
    }
    if (data !== sent) yield event("progress", data);
    else if (performance.now() - sentMs >= aliveEveryMs) yield ": still here\n\n";
    else continue;
    sent = data;
    sentMs = performance.now();
  }
}

const event = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`;

/** Resolves with the next read of an item; undefined when the item does not exist any more, or once the signal is aborted. */
type SharedPoll<T> = (id: string, signal: AbortSignal) => Promise<T | undefined>;

interface PendingPoll<T> {
  readonly found: Promise<T | undefined>;
  waiters: number;
}

/**
 * Polls each followed item once an interval for all its followers in this process, and stops when none is left.
 *
 * @param deps.everyMs The interval.
 */
export const createSharedPoll = <T>({
  find,
  everyMs = 1000,
}: {
  readonly find: (id: string) => Promise<T | undefined>;
  readonly everyMs?: number;
}): SharedPoll<T> => {
  const polls = new Map<string, PendingPoll<T>>();

  const begin = (id: string): PendingPoll<T> => {
    const pending: PendingPoll<T> = {
      waiters: 0,
      found: pause(everyMs, undefined, { ref: false }).then(() => {
        polls.delete(id);
        return pending.waiters === 0 ? undefined : find(id);
      }),
    };
    // Each waiter receives a failure from its own await.
    pending.found.catch(() => undefined);
    polls.set(id, pending);
    return pending;
  };

  return async (id, signal) => {
    const pending = polls.get(id) ?? begin(id);
    pending.waiters += 1;
    try {
      return await unlessAborted(pending.found, signal);
    } finally {
      pending.waiters -= 1;
    }
  };
};

const unlessAborted = <T>(promise: Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined);
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
