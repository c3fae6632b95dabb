import fastify, { type FastifyError, type FastifyInstance } from "fastify";
import { type CountedOperation, errorAnswer, sendAnswer } from "./http/answer.ts";
import type { RequestCounts } from "./http/request-counts.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    readonly operation?: CountedOperation;
    /** Serves the sandbox's own page, which Bird has not. */
    readonly isPage?: boolean;
  }
}

/** A server without routes that speaks JSON and answers every mistake in Bird's error shape. */
export const createBirdServer = ({
  counts,
  log,
}: {
  readonly counts: RequestCounts;
  readonly log: (message: string) => void;
}): FastifyInstance => {
  const app = fastify({
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    // The routes validate ids, whatever their length.
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: (error, _request, reply) => sendAnswer(reply, errorAnswer(error.statusCode ?? 400)),
  });

  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    // Without a body the route names what is missing.
    if (body === "") done(null, undefined);
    else parseJson(request, body.toString(), done);
  });

  app.addHook("onSend", (request, reply, payload, done) => {
    const { operation, isPage } = request.routeOptions.config;
    if (!request.url.startsWith("/sandbox/") && isPage !== true) counts.add(operation, reply.statusCode);
    done(null, payload);
  });
  app.setNotFoundHandler((_request, reply) => sendAnswer(reply, errorAnswer(404)));
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode >= 500) log(`the sandbox itself failed: ${error.stack ?? error.message}`);
    sendAnswer(reply, errorAnswer(statusCode));
  });
  return app;
};
