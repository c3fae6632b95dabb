import type { FastifyInstance, FastifyRequest } from "fastify";
import type { StoredEvent } from "./store-event.ts";
import type { WebhookTraces } from "./webhook-traces.ts";

/**
 * Tells of every event that was stored once its answer is out, so that tracing delays none. What was refused is only
 * counted: whoever cannot sign must not be able to make spans.
 */
export const traceEvents = (
  server: FastifyInstance,
  { eventAnswered }: WebhookTraces,
): { readonly stored: (request: FastifyRequest, event: StoredEvent) => void } => {
  const events = new WeakMap<FastifyRequest, StoredEvent>();
  server.addHook("onResponse", async (request, { statusCode, elapsedTime }) => {
    const event = events.get(request);
    if (event === undefined) return;
    const { wake: installId, ...facts } = event;
    const { url: route = "" } = request.routeOptions;
    await eventAnswered({ ...facts, installId, route, status: statusCode, elapsedMs: elapsedTime });
  });
  return { stored: (request, event) => void events.set(request, event) };
};
