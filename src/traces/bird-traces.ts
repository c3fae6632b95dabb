import { SpanKind, trace } from "@opentelemetry/api";
import type { BirdExchange } from "../bird/measure-bird.ts";
import { tellSpan } from "./tell-span.ts";

/**
 * Makes a span of a request to Bird that was made within another span. Bird itself is told nothing of the trace. What
 * was sent and answered is in no attribute: it holds tokens.
 */
export const traceBird = ({ route, operation, status, elapsedMs }: BirdExchange): void => {
  if (trace.getActiveSpan() === undefined) return;
  const isAnswered = typeof status === "number";
  tellSpan({
    name: route,
    kind: SpanKind.CLIENT,
    elapsedMs,
    attributes: {
      "http.request.method": route.split(" ", 1)[0],
      "perch.bird.operation": operation,
      ...(isAnswered && { "http.response.status_code": status }),
    },
    error: isAnswered && status < 400 ? undefined : String(status),
  });
};
