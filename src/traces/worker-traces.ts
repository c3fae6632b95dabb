import { SpanStatusCode, trace } from "@opentelemetry/api";
import type { TracedRun, WorkerTraces } from "../worker/worker-traces.ts";
import { traceBird } from "./bird-traces.ts";
import { createBullTelemetry } from "./bull-telemetry.ts";

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
