import type { HourlyCounts } from "../../queue/stats/hourly-counts.ts";
import type { InstallEnd, WorkerObserver } from "./observer.ts";

/** Counts ends of installs and Bird's answers by the hour, for `GET /v1/stats`. */
export const createCountObserver = ({
  countEnd,
  countBird,
}: Pick<HourlyCounts, "countEnd" | "countBird">): Pick<WorkerObserver, "onEnd" | "onBird"> => ({
  onEnd: ({ end }) => countEnd(countedEnd(end)),
  onBird: ({ status }) => countBird(status),
});

const countedEnd = (end: InstallEnd): Parameters<HourlyCounts["countEnd"]>[0] => {
  if (end.outcome === "completed") {
    const stage = end.stages.find(([name]) => name === "create_to_event");
    return { outcome: "completed", createToEventMs: stage?.[1] };
  }
  return end.outcome === "failed" ? { outcome: "failed", code: end.code } : { outcome: "cancelled" };
};
