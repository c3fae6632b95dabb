import type { SpanExporter } from "@opentelemetry/sdk-trace";

/** At most one warning in so long. */
const everyMs = 60_000;

/** The same exporter, whose failures are told once a minute at most and hurt nobody. */
export const quietExporter = (
  exporter: SpanExporter,
  warn: (facts: { readonly reason: string; readonly spans: number }) => void,
  now: () => number = () => performance.now(),
): SpanExporter => {
  let quietUntilMs = Number.NEGATIVE_INFINITY;
  let lost = 0;
  const failed = (spans: number, error: Error | undefined): void => {
    lost += spans;
    if (now() < quietUntilMs) return;
    quietUntilMs = now() + everyMs;
    warn({ reason: reasonOf(error), spans: lost });
    lost = 0;
  };
  return {
    export: (spans, told) =>
      exporter.export(spans, (result) => {
        if (result.code !== 0) failed(spans.length, result.error);
        // The batch is lost either way, and who is told of it would only say so again.
        told({ code: 0 });
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
};

/** The collector's answer is not among what is told: it may repeat what was sent. */
const reasonOf = (error: Error | undefined): string => {
  if (error === undefined) return "unknown";
  return "code" in error && error.code !== undefined ? String(error.code) : error.message;
};
