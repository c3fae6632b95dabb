import type { LabelValue } from "./definitions.ts";
import type { MetricsRegistry } from "./registry.ts";
import type { createBirdMetrics } from "./roles.ts";

/** Workspaces remembered as out of their budget: more would say no more. */
const spentMax = 10_000;

/** What an install ended in, with its times in ms. */
type InstallEnd =
  | {
      readonly outcome: "completed";
      readonly stages: readonly (readonly [LabelValue<"perch_stage_seconds", "stage">, number])[];
    }
  | {
      readonly outcome: "failed" | "cancelled";
      readonly code: LabelValue<"perch_install_errors_total", "code">;
    };

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
    hooks: {
      birdAnswered,
      gateAnswered: (
        answer: LabelValue<"perch_gate_answers_total", "answer">,
        workspaceId: string,
        untilMs: number | undefined,
      ): void => {
        answers.inc({ answer });
        if (untilMs === undefined) return;
        if (spent.size >= spentMax) spent.clear();
        spent.set(workspaceId, untilMs);
      },
      readPutOff: (): void => readWaits.inc(),
      runEnded: (end: LabelValue<"perch_runs_total", "end">): void => runs.inc({ end }),
      installEnded: (end: InstallEnd): void => {
        installs.inc({ outcome: end.outcome });
        if (end.outcome !== "completed") errors.inc({ code: end.code });
        else for (const [stage, ms] of end.stages) stageSeconds.observe({ stage }, ms / 1000);
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
