import { SpanKind } from "@opentelemetry/api";
import type { FindTrace, TracePlace } from "../queue/install-trace.ts";
import { tellSpan } from "./tell-span.ts";

/** A webhook with a good signature that was answered. */
interface AnsweredEvent {
  /** Route of the webhook. */
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
  readonly result: string;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  /** The install it was matched with. */
  readonly installId?: string | undefined;
}

/**
 * The webhook service's part in traces. An event that was matched is part of its install's trace; where that is not
 * sampled, neither is the event. Any other begins a trace. Its own `traceparent` is not believed.
 */
export const createWebhookTraces = (deps: { readonly findTrace: FindTrace }) => ({
  eventAnswered: async (event: AnsweredEvent): Promise<void> => {
    const parent = await parentOf(deps.findTrace, event.installId);
    if (parent === undefined) return;
    tellSpan({
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
