import type { Completion } from "../../install/install.ts";
import type { ReadBudget } from "../../queue/gate/budget.ts";
import type { Hold, Holds } from "../../queue/gate/holds.ts";
import type { InstallJob, Step } from "../run.ts";
import type { EndStep, InstallEnd, Stage, WorkerObserver } from "./observer.ts";

type Process = (
  job: InstallJob,
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<Completion>;

/**
 * Reports runs of installs and the ends of installs. Keeps the step of a run by its job, because BullMQ's events, the only
 * proof that an install ended, do not include it.
 */
export const createReportRuns = (
  observer: Pick<WorkerObserver, "onRun" | "onDecision" | "onRunEnd" | "onEnd">,
) => {
  const steps = new WeakMap<InstallJob, Step>();
  return {
    process:
      (process: Process): Process =>
      async (job, token, signal) => {
        observer.onRun({ job });
        try {
          return await process(job, token, signal);
        } finally {
          observer.onRunEnd({ end: steps.get(job)?.kind ?? "fault" });
        }
      },
    decided: (job: InstallJob, step: Step): void => {
      steps.set(job, step);
      observer.onDecision({ job, step });
    },
    /** Call on BullMQ's `completed` and `failed`. A failure that BullMQ retries is not an end. */
    ended: (job: InstallJob): void => {
      if (job.finishedOn === undefined) return;
      const step = endStep(job, steps.get(job));
      observer.onEnd({ job, step, end: endOf(job, step, job.finishedOn) });
    },
  };
};

/** A job that ended without a matching step threw unexpected errors until its attempts were used up. */
const endStep = ({ data }: InstallJob, step: Step | undefined): EndStep =>
  step?.kind === "complete" || step?.kind === "fail"
    ? step
    : { kind: "fail", failure: { code: "internal" }, data };

const endOf = (job: InstallJob, step: EndStep, endMs: number): InstallEnd => {
  if (step.kind === "complete") return { outcome: "completed", stages: stages(job, step, endMs) };
  const { code } = step.failure;
  return { outcome: code === "cancelled" ? "cancelled" : "failed", code };
};

/** Times are clamped at zero, because clocks of several machines are compared. */
const stages = (
  { timestamp, data }: InstallJob,
  { boundAtMs, eventAtMs }: Extract<Step, { readonly kind: "complete" }>,
  endMs: number,
): (readonly [Stage, number])[] => {
  const since = (fromMs: number, toMs: number): number => Math.max(0, toMs - fromMs);
  // A retried install was enqueued long ago: its times do not measure Perch.
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

/** Wraps holds: reports every hold that a run sets, or finds when setting one. */
export const reportHolds = (holds: Holds, { onHold }: Pick<WorkerObserver, "onHold">): Holds => {
  const report = async (workspaceId: string, holding: Promise<Hold>): Promise<Hold> => {
    const hold = await holding;
    onHold({ workspaceId, hold });
    return hold;
  };
  return {
    ...holds,
    holdFor: (workspaceId, pauseMs) => report(workspaceId, holds.holdFor(workspaceId, pauseMs)),
    holdUnauthorized: (workspaceId) => report(workspaceId, holds.holdUnauthorized(workspaceId)),
  };
};

/** Wraps a GET budget: reports every read that has to wait. */
export const reportReadWaits = (
  readBudget: ReadBudget,
  { onReadWait }: Pick<WorkerObserver, "onReadWait">,
): ReadBudget => {
  const reported =
    (ask: ReadBudget["take"]): ReadBudget["take"] =>
    async (workspaceId) => {
      const waitMs = await ask(workspaceId);
      if (waitMs > 0) onReadWait({ workspaceId });
      return waitMs;
    };
  return { peek: reported(readBudget.peek), take: reported(readBudget.take) };
};
