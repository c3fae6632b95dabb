import { type TextMapPropagator, trace } from "@opentelemetry/api";
import { parseTraceparent } from "../queue/install-trace.ts";

/**
 * Reads a place in a trace from a W3C `traceparent`. Neither `tracestate` nor baggage is carried: it would lie in
 * Redis with every waiting install, and callers could put anything into it.
 */
export const traceparentPropagator: TextMapPropagator = {
  // A producer writes its place into the job by itself, and nobody outside is told of it.
  inject: () => undefined,
  extract: (context, carrier, getter) => {
    const text = getter.get(carrier, "traceparent");
    const place = typeof text === "string" ? parseTraceparent(text) : undefined;
    return place === undefined ? context : trace.setSpanContext(context, { ...place, isRemote: true });
  },
  fields: () => ["traceparent"],
};
