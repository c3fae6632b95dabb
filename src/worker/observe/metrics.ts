import type { BirdExchange } from "../../bird/measure-bird.ts";
import type { ErrorCode } from "../../install/error-catalogue.ts";
import type { Passage } from "../../queue/gate/gate.ts";
import type { Step } from "../run.ts";

/** What the times of an install are measured between. */
export type Stage = "enqueue_to_create" | "create_to_event" | "event_to_completed" | "total";

/** What an install ended in. */
export type InstallEnd =
  | { readonly outcome: "completed"; readonly stages: readonly (readonly [Stage, number])[] }
  | { readonly outcome: "failed" | "cancelled"; readonly code: ErrorCode };

/** What a worker tells of itself while it works. Called on every run, so each must take microseconds. */
export interface WorkerMetrics {
  readonly birdAnswered: (exchange: BirdExchange) => void;
  readonly gateAnswered: (answer: Passage["kind"], workspaceId: string, untilMs: number | undefined) => void;
  /** A look at Bird has to wait for the workspace's GET budget. */
  readonly readPutOff: () => void;
  /** @param end `fault`: it threw what nobody expected. */
  readonly runEnded: (end: Step["kind"] | "fault") => void;
  /** Times are in ms. */
  readonly installEnded: (end: InstallEnd) => void;
}

const nothing = (): void => undefined;

/** For whoever does not measure. */
export const noWorkerMetrics: WorkerMetrics = {
  birdAnswered: nothing,
  gateAnswered: nothing,
  readPutOff: nothing,
  runEnded: nothing,
  installEnded: nothing,
};
