import { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import type { ConnectTraces } from "../connect/observer.ts";
import { formatTraceparent } from "../queue/installs/trace.ts";

/** The connect service's part in traces. Neither the body nor the message of an error is recorded: both may hold secrets. */
export const createConnectTraces = (): ConnectTraces => ({
  within: async ({ route, linkId, place, refusalOf }, work) => {
    const parent =
      place === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...place, isRemote: true });
    const attributes = {
      "http.request.method": "POST",
      "http.route": route,
      "perch.connect_link.id": linkId,
    };
    const span = trace
      .getTracer("perch")
      .startSpan(`POST ${route}`, { kind: SpanKind.SERVER, attributes }, parent);
    try {
      return await context.with(trace.setSpan(parent, span), work);
    } catch (error) {
      const { code, status } = refusalOf(error);
      span.setAttribute("error.type", code);
      // As everywhere, what the service refuses is no error of its own: a second tab, an expired link.
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  },
  place: () => {
    const here = trace.getActiveSpan()?.spanContext();
    return here === undefined || (here.traceFlags & TraceFlags.SAMPLED) === 0
      ? undefined
      : formatTraceparent(here);
  },
});
