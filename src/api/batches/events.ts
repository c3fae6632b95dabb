import { setTimeout as pause } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Batch } from "../../install/batch.ts";
import type { ApiDeps } from "../api-deps.ts";
import { callerOf } from "../auth/reach.ts";
import { problems, textAnswer } from "../server/answers.ts";
import { idParams } from "../server/parameters.ts";
import { sendText } from "../server/send-text.ts";
import type { Lasting } from "../server/streaming.ts";
import { findBatch } from "./find.ts";

const headers = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // nginx would gather events before it passes them on.
  "x-accel-buffering": "no",
} as const;

const description = `\`progress\` whenever the batch changed, looked at once a second for all its streams, and \`finished\` when it has ended, with
which the stream ends. The data of each is the whole batch as JSON, so \`Last-Event-ID\` is not needed: a client that
comes again hears how things are.`;

/** `GET /v1/batches/{id}/events`. */
export const addBatchEvents = (
  server: FastifyInstance,
  { batches, log, lasting }: Pick<ApiDeps, "batches" | "log"> & { readonly lasting: Lasting },
): void => {
  const nextLook = createNextLook({ find: batches.find });
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
      lasting.stays.take(reply);
      const signal = lasting.signalOf(reply);
      const next = () => nextLook(batch.id, signal);
      return sendText(reply, followBatch(batch, { next }), { headers, log });
    },
  );
};

/** When a client that lost the stream comes again, ms. */
const retryMs = 3000;

/**
 * Server-sent events about a batch: `progress` whenever it changed, `finished` when it has ended, which is the last.
 * Each has the whole batch. A comment goes out when there is nothing to tell for a while, so that nobody in between
 * takes the connection for dead.
 *
 * @param batch As it is now.
 * @param options.next Resolves at each further look at it; with undefined when that was the last.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* followBatch(
  batch: Batch,
  options: { readonly next: () => Promise<Batch | undefined>; readonly aliveEveryMs?: number },
): AsyncGenerator<string> {
  const { next, aliveEveryMs = 15_000 } = options;
  yield `retry: ${retryMs}\n\n`;
  let told = "";
  let toldMs = performance.now();
  for (let seen: Batch | undefined = batch; seen !== undefined; seen = await next()) {
    const data = JSON.stringify(seen);
    if (seen.finishedAt !== undefined) {
      yield event("finished", data);
      return;
    }
    if (data !== told) yield event("progress", data);
    else if (performance.now() - toldMs >= aliveEveryMs) yield ": still here\n\n";
    else continue;
    told = data;
    toldMs = performance.now();
  }
}

const event = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`;

/** Resolves at the next look at a thing; with undefined when it is not there any more, or once the signal is aborted. */
type NextLook<T> = (id: string, signal: AbortSignal) => Promise<T | undefined>;

interface Look<T> {
  readonly found: Promise<T | undefined>;
  askers: number;
}

/**
 * One look at a time serves all who follow the same thing in this process, and nothing is looked at that nobody follows.
 *
 * @param deps.everyMs How often each is looked at.
 */
export const createNextLook = <T>({
  find,
  everyMs = 1000,
}: {
  readonly find: (id: string) => Promise<T | undefined>;
  readonly everyMs?: number;
}): NextLook<T> => {
  const looks = new Map<string, Look<T>>();

  const begin = (id: string): Look<T> => {
    const look: Look<T> = {
      askers: 0,
      found: pause(everyMs, undefined, { ref: false }).then(() => {
        looks.delete(id);
        return look.askers === 0 ? undefined : find(id);
      }),
    };
    // Those who still ask hear of a failure themselves.
    look.found.catch(() => undefined);
    looks.set(id, look);
    return look;
  };

  return async (id, signal) => {
    const look = looks.get(id) ?? begin(id);
    look.askers += 1;
    try {
      return await unlessAborted(look.found, signal);
    } finally {
      look.askers -= 1;
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
