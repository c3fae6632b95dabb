import {
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { traceBird } from "./worker.ts";

/** The API's part in traces. */
export const createApiTraces = () => ({ traceRequests, birdAnswered: traceBird });

/**
 * Records a span of every authorized request to a route under /v1, as part of the trace of its `traceparent`, and runs
 * the handler within it. An unauthorized request has no span, so callers without a key cannot start or sample traces.
 */
const traceRequests = (server: FastifyInstance): void => {
  const spans = new WeakMap<FastifyRequest, Span>();
  // Not earlier: reading the body leaves the asynchronous context it was begun in.
  server.addHook("preValidation", (request, reply, done) => {
    const { method, headers } = request;
    const { url: route = "" } = request.routeOptions;
    if (!route.startsWith("/v1/")) return done();
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    const span = trace.getTracer("perch").startSpan(
      `${method} ${route}`,
      {
        kind: SpanKind.SERVER,
        startTime: Date.now() - reply.elapsedTime,
        attributes: { "http.request.method": method, "http.route": route },
      },
      parent,
    );
    spans.set(request, span);
    context.with(trace.setSpan(parent, span), done);
  });
  server.addHook("onResponse", async (request, { statusCode }) => {
    const span = spans.get(request);
    span?.setAttribute("http.response.status_code", statusCode);
    if (statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });
};
