import { context, type Span, SpanKind, SpanStatusCode, TraceFlags, trace } from "@opentelemetry/api";
import { traceMetadata } from "../../queue/installs/trace.ts";

/** An install to enqueue. */
interface NewInstall {
  readonly installId: string;
  readonly workspaceId: string;
  readonly batchId: string | undefined;
  readonly row: number | undefined;
}

/** The spans of installs that are enqueued together. */
interface EnqueueSpans {
  /** The trace context to store in the install's job; none unless the trace is sampled, to save memory in Redis. */
  readonly optionsOf: (installId: string) => { readonly telemetry?: { readonly metadata: string } };
  readonly end: (how: "done" | "failed") => void;
}

/**
 * Starts a span for every install that is enqueued; its later spans join that trace. A single install is part of its
 * caller's trace. Each of many has a trace of its own, linked to the import, which would be one giant trace otherwise.
 *
 * Uses whatever tracing the process has set up with OpenTelemetry's API, and does nothing when it has none.
 *
 * @param startMs When enqueuing began, Unix ms.
 */
export const startEnqueueSpans = (installs: readonly NewInstall[], startMs: number): EnqueueSpans => {
  const spans = new Map<string, Span>();
  for (const install of installs) {
    const span = start(install, startMs);
    if (isSampled(span)) spans.set(install.installId, span);
  }
  return {
    optionsOf: (installId) => {
      const span = spans.get(installId);
      return span === undefined ? {} : { telemetry: { metadata: traceMetadata(span.spanContext()) } };
    },
    end: (how) => {
      for (const span of spans.values()) {
        if (how === "failed") span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      }
    },
  };
};

const start = ({ installId, workspaceId, batchId, row }: NewInstall, startTime: number): Span => {
  const isOneOfMany = row !== undefined;
  const origin = trace.getActiveSpan();
  return trace.getTracer("perch").startSpan(
    "enqueue install",
    {
      kind: SpanKind.PRODUCER,
      startTime,
      root: isOneOfMany,
      links: isOneOfMany && isSampled(origin) ? [{ context: origin.spanContext() }] : [],
      attributes: {
        "perch.install.id": installId,
        "perch.workspace.id": workspaceId,
        "perch.batch.id": batchId,
        "perch.batch.row": row,
      },
    },
    context.active(),
  );
};

const isSampled = (span: Span | undefined): span is Span =>
  span !== undefined && (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
