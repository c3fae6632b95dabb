import type { Telemetry } from "bullmq";
import type { BirdExchange } from "../../bird/measure-bird.ts";

/** What a run of an install tells of itself. */
export interface TracedRun {
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
  /** Why it waits or was left, in Perch's own words. */
  readonly what?: string | undefined;
  /** When Perch took the event from Bird, Unix ms. */
  readonly eventAtMs?: number | undefined;
}

/** Where a worker tells what becomes part of traces. Everything is called within the span of the run it is about. */
export interface WorkerTraces {
  /** For BullMQ, which makes a span of every run. */
  readonly telemetry: Telemetry;
  readonly birdAnswered: (exchange: BirdExchange) => void;
  readonly runTold: (run: TracedRun) => void;
}
