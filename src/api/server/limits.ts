import type { IncomingMessage } from "node:http";
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { ProblemError } from "../../http/problem.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route streams its body, which has no time limit. */
    streamsBody?: boolean;
  }
}

/** Time for a body that is not streamed, and for the rest of one whose request was answered, ms. */
const bodyMs = 30_000;

/**
 * Closes connections whose body takes too long. Node's own limit, `requestTimeout`, does not depend on the route, so it
 * would also end a long upload.
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
    // Otherwise closing waits for a connection that was busy when the server began to close.
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

export interface RequestLimitDeps {
  /** Of one key, in this process; 0: no limit. */
  readonly requestsPerSecond: number;
}

/** Limits each key's requests in this process. Routes that need no key have no limit. */
export const limitRequests = async (
  server: FastifyInstance,
  { requestsPerSecond }: RequestLimitDeps,
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

export interface ShardsGuardDeps {
  /** @throws {ShardsError} this process is configured with fewer shards than hold installs. */
  readonly checkShards: () => Promise<void>;
}

/**
 * Refuses every request that needs the queue while this process is configured with too few shards: it would answer
 * from some of the installs, and answer 404 for an install of another shard.
 */
export const guardShards = (server: FastifyInstance, { checkShards }: ShardsGuardDeps): void => {
  server.addHook("onRequest", async (request) => {
    const { url, config } = request.routeOptions;
    if (url?.startsWith("/v1/") === true && config.reach !== "self") await checkShards();
  });
};
