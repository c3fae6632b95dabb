import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { BoundedLog } from "../../http/bounded-log.ts";
import { requestIdOf } from "../../http/request-id.ts";
import type { Logger } from "../../log.ts";

/** The id of a request. */
export const requestId = ({ headers }: IncomingMessage): string => requestIdOf(headers["request-id"]);

/**
 * Sends each request's id in its answer and logs one line a request: its route, never its address, body or key. Lines
 * about requests without a valid key, or beyond a key's limit, are limited, because any client can cause them.
 */
export const logRequests = (
  server: FastifyInstance,
  { log, bounded }: { readonly log: Logger; readonly bounded: BoundedLog },
): void => {
  server.addHook("onRequest", async (request, reply) => {
    reply.header("request-id", request.id);
  });
  server.addHook("onResponse", async (request, reply) => {
    const { config, url: route } = request.routeOptions;
    const isApi = config.scope !== undefined && config.scope !== "open";
    const fields = {
      requestId: request.id,
      method: request.method,
      route,
      httpStatus: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
      key: request.keyName,
    };
    const write = (): void => log.info(fields, "request");
    if (isApi && isUnbidden(reply.statusCode, request.keyName))
      bounded.write(String(reply.statusCode), write);
    else if (isApi) write();
    else log.debug(fields, "request for health, metrics or docs");
  });
};

const isUnbidden = (status: number, key: string | undefined): boolean => key === undefined || status === 429;
