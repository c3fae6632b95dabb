import type { IncomingMessage } from "node:http";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { ProblemError } from "../../http/problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route reads a body that may take as long as it likes. */
    streamsBody?: boolean;
  }
}

/** A body that is not streamed is here by then, and so is the rest of one whose request was answered. */
const bodyMs = 30_000;

/**
 * Ends connections whose body takes too long. Node's own limit, `requestTimeout`, knows no route, and would end a
 * long upload too.
 */
export const limitBodyTime = (server: FastifyInstance): void => {
  server.addHook("onRequest", async ({ raw, routeOptions }) => {
    if (routeOptions.config.streamsBody !== true) endLater(raw);
  });
  let isClosing = false;
  server.addHook("preClose", async () => {
    isClosing = true;
  });
  server.addHook("onResponse", async ({ raw }) => {
    endLater(raw);
    // A connection that was busy when the server began to close is waited for otherwise.
    raw.once("end", () => {
      if (isClosing) raw.socket.end();
    });
  });
};

const endLater = (raw: IncomingMessage): void => {
  if (raw.complete) return;
  const timer = setTimeout(() => {
    if (!raw.complete) raw.destroy();
  }, bodyMs).unref();
  raw.once("close", () => clearTimeout(timer));
};

const windowMs = 1000;

/** Limits requests of each key, in this process. Routes that need no key have no limit. */
export const limitRequests = async (
  server: FastifyInstance,
  { requestsPerSecond }: { readonly requestsPerSecond: number },
): Promise<void> => {
  if (requestsPerSecond === 0) return;
  await server.register(rateLimit, {
    max: requestsPerSecond,
    timeWindow: windowMs,
    keyGenerator: ({ keyName }) => keyName ?? "",
    allowList: ({ keyName }) => keyName === undefined,
    enableDraftSpec: true,
    errorResponseBuilder: () =>
      new ProblemError({
        status: 429,
        code: "too_many_requests",
        detail: `This key may send ${requestsPerSecond} requests a second: come again in a second.`,
        retryAfterSeconds: 1,
      }),
  });
};
