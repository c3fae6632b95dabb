import type { Telemetry } from "bullmq";
import type { BirdExchange } from "../../bird/measure-bird.ts";
import type { ErrorCode } from "../../install/errors/error-catalogue.ts";
import type { Passage } from "../../queue/gate/gate.ts";
import type { Hold } from "../../queue/gate/holds.ts";
import type { InstallJob, Run, Step } from "../run.ts";

/** Measured time spans of an install. */
export type Stage = "enqueue_to_create" | "create_to_event" | "event_to_completed" | "total";

/** The outcome of an install. Times in ms. */
export type InstallEnd =
  | { readonly outcome: "completed"; readonly stages: readonly (readonly [Stage, number])[] }
  | { readonly outcome: "failed" | "cancelled"; readonly code: ErrorCode };

/** A step that ends an install. */
export type EndStep = Extract<Step, { readonly kind: "complete" | "fail" }>;

/** Events of a worker for logs, metrics and traces. */
interface WorkerEvents {
  /** A run of an install begins. */
  readonly onRun: { readonly job: InstallJob };
  /** A run has decided its step, which is applied next. */
  readonly onDecision: { readonly job: InstallJob; readonly step: Step };
  /** A run is over. `fault`: it threw an unexpected error. */
  readonly onRunEnd: { readonly end: Step["kind"] | "fault" };
  /** An install's create is about to be sent. */
  readonly onSubmit: Pick<Run, "installId" | "data">;
  /** An install was parked. */
  readonly onPark: { readonly job: InstallJob; readonly step: Extract<Step, { readonly kind: "park" }> };
  /** A run leaves its install to another one. */
  readonly onLeave: { readonly job: InstallJob; readonly why: string };
  /** An install has ended, as reported by BullMQ. */
  readonly onEnd: { readonly job: InstallJob; readonly step: EndStep; readonly end: InstallEnd };
  /** The gate answered a run that wants to create. */
  readonly onGate: { readonly workspaceId: string; readonly passage: Passage };
  /** A refusal by Bird holds the workspace of a run. */
  readonly onHold: { readonly workspaceId: string; readonly hold: Hold };
  /** A request to Bird has ended. */
  readonly onBird: BirdExchange;
  /** A read at Bird waits for the workspace's GET budget. */
  readonly onReadWait: { readonly workspaceId: string };
}

type EventName = keyof WorkerEvents;

/** Receives events of a worker. Called on every run, so each call must take microseconds. */
export type WorkerObserver = {
  readonly [Name in EventName]: (event: WorkerEvents[Name]) => void;
};

/** An observer of some events. */
export type PartialObserver = {
  readonly [Name in EventName]?: (event: WorkerEvents[Name]) => void;
};

/** Traces of a worker. Observers are called within the span of their run. */
export interface WorkerTraces {
  /** Passed to BullMQ, which creates a span for every run. */
  readonly telemetry: Telemetry;
  readonly observer: PartialObserver;
}

/** Passes every event on to each observer, in order. */
export const combine = (observers: readonly PartialObserver[]): WorkerObserver => {
  const each =
    <Name extends EventName>(name: Name) =>
    (event: WorkerEvents[Name]): void => {
      for (const observer of observers) observer[name]?.(event);
    };
  return {
    onRun: each("onRun"),
    onDecision: each("onDecision"),
    onRunEnd: each("onRunEnd"),
    onSubmit: each("onSubmit"),
    onPark: each("onPark"),
    onLeave: each("onLeave"),
    onEnd: each("onEnd"),
    onGate: each("onGate"),
    onHold: each("onHold"),
    onBird: each("onBird"),
    onReadWait: each("onReadWait"),
  };
};
