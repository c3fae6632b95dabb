import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { TracePlace } from "../queue/installs/trace.ts";

/** Something that has ended and becomes a span. */
interface Told {
  readonly name: string;
  readonly kind: SpanKind;
  readonly elapsedMs: number;
  readonly attributes: Attributes;
  /** What went wrong, in a word; undefined when nothing did. */
  readonly error?: string | undefined;
  /** What it is part of; `none`: a trace of its own. Default: the span that is active. */
  readonly parent?: TracePlace | "none" | undefined;
}

/** Makes a span of something that ends now. */
export const tellSpan = ({ name, kind, elapsedMs, attributes, error, parent }: Told): void => {
  const endMs = Date.now();
  const span = trace
    .getTracer("perch")
    .startSpan(name, { kind, startTime: endMs - elapsedMs, attributes }, contextOf(parent));
  if (error !== undefined) span.setAttribute("error.type", error).setStatus({ code: SpanStatusCode.ERROR });
  span.end(endMs);
};

const contextOf = (parent: Told["parent"]) => {
  if (parent === undefined) return context.active();
  return parent === "none" ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
};
