import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { BirdExchange } from "../bird/measure-bird.ts";
import { birdAnswer } from "../install/errors/install-error.ts";
import type { WorkerTraces } from "../worker/observe/observer.ts";
import type { InstallJob, Step } from "../worker/run.ts";
import { createBullTelemetry } from "./bull-telemetry.ts";
import { recordSpan } from "./record-span.ts";

/**
 * Records a span of a request to Bird made within another span. The trace is not propagated to Bird. Bodies are not
 * recorded, because they hold tokens.
 */
export const traceBird = ({ route, operation, status, elapsedMs }: BirdExchange): void => {
  if (trace.getActiveSpan() === undefined) return;
  const isAnswered = typeof status === "number";
  recordSpan({
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
  observer: {
    onBird: traceBird,
    // At its begin too, in case the run throws.
    onRun: ({ job }) => recordRun(begun(job)),
    onDecision: ({ job, step }) => recordRun({ ...begun(job), ...decided(job, step) }),
  },
});

/** What a span says of a run of an install. */
interface TracedRun {
  readonly installId: string;
  readonly workspaceId: string;
  readonly batchId: string | undefined;
  /** Which run of the install it is; the first is 1. */
  readonly run: number;
  /** Undefined until the run has decided. */
  readonly outcome?: string | undefined;
  readonly attempts?: number | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly completedBy?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly birdStatus?: number | undefined;
  readonly birdCode?: string | undefined;
  readonly birdMessage?: string | undefined;
  readonly birdRequestId?: string | undefined;
  /** Why it waits or was left, in Perch's own words. */
  readonly what?: string | undefined;
  /** When Perch took the event from Bird, Unix ms. */
  readonly eventAtMs?: number | undefined;
}

const begun = ({ id = "", data, attemptsStarted }: InstallJob): TracedRun => ({
  installId: id,
  workspaceId: data.request.workspaceId,
  batchId: data.batchId,
  run: attemptsStarted,
});

const decided = (job: InstallJob, step: Step): Partial<TracedRun> => {
  const { connectorId, attempts } = "data" in step && step.data !== undefined ? step.data : job.data;
  const known = { outcome: step.kind, connectorId, attempts };
  switch (step.kind) {
    case "complete":
      return { ...known, ...step.completion, eventAtMs: step.eventAtMs };
    case "park":
      return { ...known, connectorId: step.connectorId ?? connectorId, what: step.what };
    case "fail":
      return { ...known, ...birdAnswer(step.failure), errorCode: step.failure.code };
    case "leave":
      return { ...known, what: step.why };
  }
};

/** Puts what a run knows on the span BullMQ made of it. */
const recordRun = (facts: TracedRun): void => {
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
    "perch.bird.status": facts.birdStatus,
    "perch.bird.code": facts.birdCode,
    "perch.bird.message": facts.birdMessage,
    "perch.bird.request_id": facts.birdRequestId,
    "perch.park.reason": facts.what,
  });
  if (facts.eventAtMs !== undefined) span.addEvent("event from Bird", {}, facts.eventAtMs);
  if (facts.errorCode !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: facts.errorCode });
};
