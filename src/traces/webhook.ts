import { SpanKind } from "@opentelemetry/api";
import type { FindTrace, TracePlace } from "../queue/installs/trace.ts";
import type { WebhookTraces } from "../webhook/observer.ts";
import { recordSpan } from "./record-span.ts";

/**
 * The webhook service's part in traces. An event that was matched is part of its install's trace; where that is not
 * sampled, neither is the event. Any other begins a trace. Its own `traceparent` is not believed.
 */
export const createWebhookTraces = (deps: { readonly findTrace: FindTrace }): WebhookTraces => ({
  onEvent: async (event) => {
    const parent = await parentOf(deps.findTrace, event.installId);
    if (parent === undefined) return;
    recordSpan({
      name: `POST ${event.route}`,
      kind: SpanKind.SERVER,
      elapsedMs: event.elapsedMs,
      parent,
      attributes: {
        "http.request.method": "POST",
        "http.route": event.route,
        "http.response.status_code": event.status,
        "perch.event.result": event.result,
        "perch.connector.id": event.connectorId,
        "perch.channel.id": event.channelId,
        "perch.install.id": event.installId,
      },
    });
  },
});

/** Redis being away costs the span, nothing else. */
const parentOf = async (
  findTrace: FindTrace,
  installId: string | undefined,
): Promise<TracePlace | "none" | undefined> =>
  installId === undefined ? "none" : findTrace(installId).catch(() => undefined);
