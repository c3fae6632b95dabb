import type { WorkerObserver } from "../worker/observe/observer.ts";
import type { MetricsRegistry } from "./registry.ts";
import type { createBirdMetrics } from "./roles.ts";

/** Workspaces remembered as out of their budget: more would say no more. */
const spentMax = 10_000;

type Observed<Name extends keyof WorkerObserver> = Parameters<WorkerObserver[Name]>[0];

/** What a worker counts and times. */
export const createWorkerMetrics = (
  metrics: MetricsRegistry,
  { birdAnswered }: ReturnType<typeof createBirdMetrics>,
  now: () => number,
) => {
  const { counter, gauge, histogram } = metrics;
  const installs = counter("perch_installs_total");
  const errors = counter("perch_install_errors_total");
  const runs = counter("perch_runs_total");
  const answers = counter("perch_gate_answers_total");
  const readWaits = counter("perch_read_waits_total");
  const stageSeconds = histogram("perch_stage_seconds");
  const budgetsSpent = gauge("perch_post_budgets_spent");
  const running = gauge("perch_worker_running");
  /** Workspace to when its POST budget has a place again, Unix ms. */
  const spent = new Map<string, number>();

  return {
    observer: {
      onBird: birdAnswered,
      onGate: ({ workspaceId, passage }: Observed<"onGate">): void => {
        answers.inc({ answer: passage.kind });
        if (passage.kind !== "wait") return;
        if (spent.size >= spentMax) spent.clear();
        spent.set(workspaceId, passage.slotMs);
      },
      onReadWait: (): void => readWaits.inc(),
      onRunEnd: ({ end }: Observed<"onRunEnd">): void => runs.inc({ end }),
      onEnd: ({ end }: Pick<Observed<"onEnd">, "end">): void => {
        installs.inc({ outcome: end.outcome });
        if (end.outcome === "failed") errors.inc({ code: end.code });
        if (end.outcome !== "completed") return;
        for (const [stage, ms] of end.stages) stageSeconds.observe({ stage }, ms / 1000);
      },
    },
    /** To be called before metrics are read. */
    collect: (isRunning: boolean): void => {
      const nowMs = now();
      for (const [workspaceId, untilMs] of spent) if (untilMs <= nowMs) spent.delete(workspaceId);
      budgetsSpent.set(spent.size);
      running.set(isRunning ? 1 : 0);
    },
  };
};
