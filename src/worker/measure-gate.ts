import type { Gate, Passage } from "../queue/gate.ts";
import type { ReadBudget } from "../queue/read-budget.ts";
import type { WorkerMetrics } from "./worker-metrics.ts";

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
