import type { SpanExporter } from "@opentelemetry/sdk-trace";

/** At most one warning in this time. */
const everyMs = 60_000;

/** Wraps an exporter: logs export failures at most once a minute and never passes them on. */
export const logExportErrors = (
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
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.code !== 0) failed(spans.length, result.error);
        // The batch is lost either way, and the caller would only log it again.
        done({ code: 0 });
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
};

/** Without the collector's answer, which may repeat what was sent. */
const reasonOf = (error: Error | undefined): string => {
  if (error === undefined) return "unknown";
  return "code" in error && error.code !== undefined ? String(error.code) : error.message;
};
