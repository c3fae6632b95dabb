import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import type { Logger } from "../log.ts";

/** The id of a request: the caller's own if it is fit for a log, else a new one. */
export const requestId = ({ headers }: IncomingMessage): string => {
  const given = headers["request-id"];
  return typeof given === "string" && /^[A-Za-z0-9._-]{1,128}$/.test(given) ? given : randomUUID();
};

/** Answers every request with its id, and writes a line about each: its route, never its address, body or key. */
export const logRequests = (server: FastifyInstance, { log }: { readonly log: Logger }): void => {
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
    if (isApi) log.info(fields, "request");
    else log.debug(fields, "request for health, metrics or docs");
  });
};
