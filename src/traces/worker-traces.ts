import { type Context, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Telemetry } from "bullmq";
import { traceBird } from "./bird-traces.ts";
import { createBullTelemetry } from "./bull-telemetry.ts";

/** What a run of an install knows of itself. */
interface RunFacts {
  readonly installId: string;
  readonly workspaceId: string;
  readonly batchId: string | undefined;
  readonly run: number;
  /** What the run decided, once it has: `complete`, `park`, `fail`, `leave`. */
  readonly outcome?: string | undefined;
  readonly attempts?: number | undefined;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  readonly completedBy?: string | undefined;
  readonly errorCode?: string | undefined;
  readonly what?: string | undefined;
  /** When Perch took the event from Bird, Unix ms. */
  readonly eventAtMs?: number | undefined;
}

/** A worker's part in traces. */
export const createWorkerTraces = (): {
  readonly telemetry: Telemetry<Context>;
  readonly birdAnswered: typeof traceBird;
  readonly runTold: (facts: RunFacts) => void;
} => ({ telemetry: createBullTelemetry(), birdAnswered: traceBird, runTold });

/** Puts what a run knows on the span BullMQ made of it. */
const runTold = (facts: RunFacts): void => {
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
