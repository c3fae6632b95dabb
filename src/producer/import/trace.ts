import { context, SpanStatusCode, trace } from "@opentelemetry/api";
import type { EnqueuedRow } from "../put/enqueued.ts";
import type { ImportRows } from "./import-rows.ts";

/** Wraps `importRows` in a span, to which the traces of its installs are linked. */
export const traceImport =
  (importRows: ImportRows): ImportRows =>
  async (rows, options) => {
    const span = trace.getTracer("perch").startSpan("import");
    if (!span.isRecording()) return importRows(rows, options);
    const inside = trace.setSpan(context.active(), span);
    let rowCount = 0;
    // A generator runs in the context of the code that calls `next`, so `next` is called in the span's context.
    async function* traced(all: AsyncGenerator<EnqueuedRow, void, undefined>) {
      let isWhole = false;
      try {
        for (;;) {
          const { done, value } = await context.with(inside, () => all.next());
          if (done === true) break;
          rowCount += 1;
          yield value;
        }
        isWhole = true;
      } finally {
        await context.with(inside, () => all.return());
        if (!isWhole) span.setStatus({ code: SpanStatusCode.ERROR, message: "cut off" });
        span.setAttribute("perch.import.rows", rowCount).end();
      }
    }
    try {
      const opened = await context.with(inside, () => importRows(rows, options));
      span.setAttributes({ "perch.batch.id": opened.batchId, "perch.import.continued": opened.isContinued });
      return { ...opened, rows: traced(opened.rows) };
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR }).end();
      throw error;
    }
  };
