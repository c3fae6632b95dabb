import got, { type Got, type Headers } from "got";
import type { Agents } from "./agents.ts";

/**
 * A got that sends a request once and hands back every answer, whatever its status. The queue owns retries; a redirect may
 * change a POST's method or carry a secret elsewhere, so none is followed; an answer is not unpacked, so that its size is
 * what was read.
 */
export const createSendOnce = (options: {
  readonly agent: Agents;
  readonly requestTimeoutMs: number;
  readonly headers: Headers;
}): Got =>
  got.extend({
    agent: options.agent,
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    timeout: { request: options.requestTimeoutMs },
    headers: options.headers,
  });
