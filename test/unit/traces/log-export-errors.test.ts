import assert from "node:assert/strict";
import test from "node:test";
import { ROOT_CONTEXT, SpanKind } from "@opentelemetry/api";
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { logExportErrors } from "../../../src/traces/log-export-errors.ts";

test("export failures are logged once a minute with the number of lost spans, and never passed on", () => {
  let nowMs = 0;
  const told: unknown[] = [];
  const failing = new InMemorySpanExporter();
  failing.export = (_spans, done) => done({ code: 1, error: new Error("collector is away") });
  const exporter = logExportErrors(
    failing,
    (facts) => told.push(facts),
    () => nowMs,
  );
  const results: number[] = [];
  const spans = spansOf(2);
  const send = (): void => exporter.export(spans, ({ code }) => results.push(code));
  send();
  send();
  assert.deepEqual(told, [{ reason: "collector is away", spans: 2 }]);
  nowMs = 60_000;
  send();
  assert.deepEqual(told[1], { reason: "collector is away", spans: 4 });
  assert.deepEqual(results, [0, 0, 0]);
});

/** Spans that have ended. */
const spansOf = (count: number) => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  for (let n = 0; n < count; n += 1)
    provider.getTracer("test").startSpan("span", { kind: SpanKind.INTERNAL }, ROOT_CONTEXT).end();
  return exporter.getFinishedSpans();
};
