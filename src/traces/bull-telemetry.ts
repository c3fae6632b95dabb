import { type Context, context, trace } from "@opentelemetry/api";
import type { Span, Telemetry } from "bullmq";
import { BullMQOtel } from "bullmq-otel";

/**
 * What BullMQ tells of a worker's runs, through bullmq-otel, as far as it is part of an install's trace: a span for
 * each run (`process installs`), and one for writing down its end. Without a parent there is none, so that neither
 * BullMQ's housekeeping nor installs that were enqueued without a trace begin traces of their own.
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

/** Without results and messages of errors: nobody can promise that they hold no secret. */
const discreet = (span: Span<Context>): Span<Context> => ({
  setSpanOnContext: (inside) => span.setSpanOnContext(inside),
  setAttribute: (name, value) => span.setAttribute(name, value),
  setAttributes: (attributes) => span.setAttributes(attributes),
  addEvent: nothing,
  recordException: () => span.setAttribute("error.type", "fault"),
  end: () => span.end(),
});
