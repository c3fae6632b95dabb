import type { Telemetry } from "bullmq";
import type { BirdExchange } from "../../bird/measure-bird.ts";
import type { ErrorCode } from "../../install/error-catalogue.ts";
import type { Passage } from "../../queue/gate/gate.ts";
import type { Hold } from "../../queue/gate/holds.ts";
import type { InstallJob, Run, Step } from "../run.ts";

/** What the times of an install are measured between. */
export type Stage = "enqueue_to_create" | "create_to_event" | "event_to_completed" | "total";

/** What an install ended in. Times are in ms. */
export type InstallEnd =
  | { readonly outcome: "completed"; readonly stages: readonly (readonly [Stage, number])[] }
  | { readonly outcome: "failed" | "cancelled"; readonly code: ErrorCode };

/** A step that ends an install. */
export type EndStep = Extract<Step, { readonly kind: "complete" | "fail" }>;

/** What happens in a worker that logs, metrics and traces report. */
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
  /** An install has ended: BullMQ says so. */
  readonly onEnd: { readonly job: InstallJob; readonly step: EndStep; readonly end: InstallEnd };
  /** The gate answered a run that wants to create. */
  readonly onGate: { readonly workspaceId: string; readonly passage: Passage };
  /** A run met a refusal that holds its workspace. */
  readonly onHold: { readonly workspaceId: string; readonly hold: Hold };
  /** A request to Bird has ended. */
  readonly onBird: BirdExchange;
  /** A look at Bird has to wait for the workspace's GET budget. */
  readonly onReadWait: { readonly workspaceId: string };
}

type EventName = keyof WorkerEvents;

/** Receives what happens in a worker. Called on every run, so each call must take microseconds. */
export type WorkerObserver = {
  readonly [Name in EventName]: (event: WorkerEvents[Name]) => void;
};

/** An observer of some events. */
export type PartialObserver = {
  readonly [Name in EventName]?: (event: WorkerEvents[Name]) => void;
};

/** A worker's part in traces. Everything is called within the span of the run it is about. */
export interface WorkerTraces {
  /** For BullMQ, which makes a span of every run. */
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
