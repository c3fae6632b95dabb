import { type Context, context, trace } from "@opentelemetry/api";
import type { Span, Telemetry } from "bullmq";
import { BullMQOtel } from "bullmq-otel";

/**
 * BullMQ's spans of a worker's runs, through bullmq-otel, limited to those in an install's trace: one for each run
 * (`process installs`) and one for recording its end. Without a parent no span is created, so that BullMQ's housekeeping
 * and installs enqueued without a trace start none.
 */
export const createBullTelemetry = (): Telemetry<Context> => {
  const { tracer, contextManager } = new BullMQOtel({ tracerName: "perch" });
  return {
    tracer: {
      startSpan: (name, options, parent) =>
        trace.getSpanContext(parent ?? context.active()) === undefined
          ? silent
          : discreet(tracer.startSpan(name, options, parent)),
    },
    contextManager: {
      with: (inside, work) => contextManager.with(inside, work),
      active: () => contextManager.active(),
      fromMetadata: (active, metadata) => {
        try {
          return contextManager.fromMetadata(active, metadata);
        } catch {
          // A job must run, whatever is written in it about its trace.
          return active;
        }
      },
      // BullMQ would write it into every job that fails, where nothing reads it.
      getMetadata: () => "",
    },
  };
};

const nothing = (): void => undefined;

const silent: Span<Context> = {
  setSpanOnContext: (inside) => inside,
  setAttribute: nothing,
  setAttributes: nothing,
  addEvent: nothing,
  recordException: nothing,
  end: nothing,
};

/** Wraps a span: leaves out results and error messages, which may hold secrets. */
const discreet = (span: Span<Context>): Span<Context> => ({
  setSpanOnContext: (inside) => span.setSpanOnContext(inside),
  setAttribute: (name, value) => span.setAttribute(name, value),
  setAttributes: (attributes) => span.setAttributes(attributes),
  addEvent: nothing,
  recordException: () => span.setAttribute("error.type", "fault"),
  end: () => span.end(),
});
