import type { Batch } from "../install/batch.ts";

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
