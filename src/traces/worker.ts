import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { BirdExchange } from "../bird/measure-bird.ts";
import type { TracedRun, WorkerTraces } from "../worker/observe/traces.ts";
import { createBullTelemetry } from "./bull-telemetry.ts";
import { tellSpan } from "./record-span.ts";

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

/** A worker's part in traces. */
export const createWorkerTraces = (): WorkerTraces => ({
  telemetry: createBullTelemetry(),
  birdAnswered: traceBird,
  runTold,
});

/** Puts what a run knows on the span BullMQ made of it. */
const runTold = (facts: TracedRun): void => {
  const span = trace.getActiveSpan();
  if (span?.isRecording() !== true) return;
  span.setAttributes({
    "perch.install.id": facts.installId,
    "perch.workspace.id": facts.workspaceId,
    "perch.batch.id": facts.batchId,
    "perch.run": facts.run,
    "perch.outcome": facts.outcome ?? "fault",
    "perch.attempts": facts.attempts,
    "perch.connector.id": facts.connectorId,
    "perch.channel.id": facts.channelId,
    "perch.completed_by": facts.completedBy,
    "perch.error.code": facts.errorCode,
    "perch.park.reason": facts.what,
  });
  if (facts.eventAtMs !== undefined) span.addEvent("event from Bird", {}, facts.eventAtMs);
  if (facts.errorCode !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: facts.errorCode });
};
