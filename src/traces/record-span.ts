import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { TracePlace } from "../queue/installs/trace.ts";

/** An operation that has ended. */
interface Ended {
  readonly name: string;
  readonly kind: SpanKind;
  readonly elapsedMs: number;
  readonly attributes: Attributes;
  /** What went wrong, in a word; undefined when nothing did. */
  readonly error?: string | undefined;
  /** The span it belongs to; `none` starts a trace. Default: the active span. */
  readonly parent?: TracePlace | "none" | undefined;
}

/** Records a span of an operation that ends now. */
export const recordSpan = ({ name, kind, elapsedMs, attributes, error, parent }: Ended): void => {
  const endMs = Date.now();
  const span = trace
    .getTracer("perch")
    .startSpan(name, { kind, startTime: endMs - elapsedMs, attributes }, contextOf(parent));
  if (error !== undefined) span.setAttribute("error.type", error).setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
};

const contextOf = (parent: Ended["parent"]) => {
  if (parent === undefined) return context.active();
  return parent === "none" ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
};
