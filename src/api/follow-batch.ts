import { setTimeout as pause } from "node:timers/promises";
import type { Batch } from "../install/batch.ts";

/** When a client that lost the stream comes again, ms. */
const retryMs = 3000;

/**
 * Server-sent events about a batch: `progress` whenever it changed, `finished` when it has ended, which is the last.
 * Each has the whole batch. A comment goes out when there is nothing to tell for a while, so that nobody in between
 * takes the connection for dead.
 *
 * @param options.everyMs How often the batch is looked at.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function* followBatch(
  find: () => Promise<Batch | undefined>,
  options: { readonly signal: AbortSignal; readonly everyMs?: number; readonly aliveEveryMs?: number },
): AsyncGenerator<string> {
  const { signal, everyMs = 1000, aliveEveryMs = 15_000 } = options;
  yield `retry: ${retryMs}\n\n`;
  let told = "";
  let quietMs = 0;
  while (!signal.aborted) {
    const batch = await find();
    if (batch === undefined) return;
    const data = JSON.stringify(batch);
    if (batch.finishedAt !== undefined) {
      yield event("finished", data);
      return;
    }
    if (data !== told) yield event("progress", data);
    else if (quietMs >= aliveEveryMs) yield ": still here\n\n";
    quietMs = data === told && quietMs < aliveEveryMs ? quietMs + everyMs : everyMs;
    told = data;
    await pause(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

const event = (name: string, data: string): string => `event: ${name}\ndata: ${data}\n\n`;
