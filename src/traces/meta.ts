import { SpanKind, trace } from "@opentelemetry/api";
import type { MetaExchange } from "../meta/observe-meta.ts";
import { recordSpan } from "./record-span.ts";

/** Paths without ids and without what is asked. */
const routes: Readonly<Record<MetaExchange["operation"], string>> = {
  exchange_code: "GET oauth/access_token",
  debug_token: "GET debug_token",
  get_phone_number: "GET phone_number",
  list_phone_numbers: "GET phone_numbers",
};

/** Records a span of a request to Meta made within another span. Its address and its answer may hold secrets, and are left out. */
export const createMetaTraces = () => ({
  metaAnswered: ({ operation, outcome, elapsedMs }: MetaExchange): void => {
    if (trace.getActiveSpan() === undefined) return;
    recordSpan({
      name: routes[operation],
      kind: SpanKind.CLIENT,
      elapsedMs,
      attributes: {
        "http.request.method": "GET",
        "perch.meta.operation": operation,
        "perch.meta.outcome": outcome,
      },
      error: outcome === "ok" ? undefined : outcome,
    });
  },
});
