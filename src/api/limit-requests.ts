import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance } from "fastify";
import { ProblemError } from "../http/problem.ts";

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
