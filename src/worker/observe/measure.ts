import type { Completion } from "../../install/install.ts";
import type { ReadBudget } from "../../queue/gate/budget.ts";
import type { Gate, Passage } from "../../queue/gate/gate.ts";
import type { InstallJob, Step } from "../run.ts";
import type { InstallEnd, Stage, WorkerMetrics } from "./metrics.ts";

type CarryOut = (job: InstallJob, token: string, step: Step) => Promise<Completion>;
type Process = (
  job: InstallJob,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<Completion>;

/**
 * Measures runs and ends of installs. What a run decided is remembered beside its job, because BullMQ's events
 * of an end, the only proof that it ended, do not say.
 */
export const createMeasureInstalls = (metrics: Pick<WorkerMetrics, "runEnded" | "installEnded">) => {
  const decided = new WeakMap<InstallJob, Step>();
  return {
    carryOut:
      (carryOut: CarryOut): CarryOut =>
      (job, token, step) => {
        decided.set(job, step);
        return carryOut(job, token, step);
      },
    process:
      (process: Process): Process =>
      async (job, token, signal) => {
        try {
          return await process(job, token, signal);
        } finally {
          metrics.runEnded(decided.get(job)?.kind ?? "fault");
        }
      },
    /** To be told of BullMQ's `completed` and `failed`; a failure that BullMQ tries again is no end. */
    ended: (job: InstallJob): void => {
      if (job.finishedOn !== undefined) metrics.installEnded(endOf(job, decided.get(job), job.finishedOn));
    },
  };
};

const endOf = (job: InstallJob, step: Step | undefined, endMs: number): InstallEnd => {
  if (step?.kind === "complete") return { outcome: "completed", stages: stages(job, step, endMs) };
  const code = step?.kind === "fail" ? step.failure.code : "internal";
  return { outcome: code === "cancelled" ? "cancelled" : "failed", code };
};

/** Clocks of several machines are compared, so no time is below zero. */
const stages = (
  { timestamp, data }: InstallJob,
  { boundAtMs, eventAtMs }: Extract<Step, { readonly kind: "complete" }>,
  endMs: number,
): (readonly [Stage, number])[] => {
  const since = (fromMs: number, toMs: number): number => Math.max(0, toMs - fromMs);
  // What people started again was enqueued long before: that says nothing of Perch.
  const whole: (readonly [Stage, number])[] =
    data.retries === undefined
      ? [
          ["enqueue_to_create", since(timestamp, boundAtMs)],
          ["total", since(timestamp, endMs)],
        ]
      : [];
  if (eventAtMs === undefined) return whole;
  return [
    ...whole,
    ["create_to_event", since(boundAtMs, eventAtMs)],
    ["event_to_completed", since(Math.max(boundAtMs, eventAtMs), endMs)],
  ];
};

/** The same gate, which tells of its answers. */
export const measureGate = (gate: Gate, metrics: Pick<WorkerMetrics, "gateAnswered">): Gate => ({
  ...gate,
  ask: async (create) => {
    const passage = await gate.ask(create);
    metrics.gateAnswered(passage.kind, create.workspaceId, slotMs(passage));
    return passage;
  },
});

const slotMs = (passage: Passage): number | undefined =>
  passage.kind === "wait" ? passage.slotMs : undefined;

/** The same budget, which tells of looks that have to wait. */
export const measureReadBudget = (
  readBudget: ReadBudget,
  metrics: Pick<WorkerMetrics, "readPutOff">,
): ReadBudget => {
  const told =
    (ask: (workspaceId: string) => Promise<number>) =>
    async (workspaceId: string): Promise<number> => {
      const waitMs = await ask(workspaceId);
      if (waitMs > 0) metrics.readPutOff();
      return waitMs;
    };
  return { peek: told(readBudget.peek), take: told(readBudget.take) };
};
