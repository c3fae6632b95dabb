import type { ResultRow } from "../producer/result-rows.ts";

/** How the installs of a batch stand; the members are those of the API's batch. */
export interface BatchCounts {
  readonly queued: number;
  readonly awaiting: number;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

/** Counts a batch's results one by one. */
export const createBatchCounts = () => {
  const counts = { queued: 0, awaiting: 0, completed: 0, failed: 0, cancelled: 0 };
  return {
    add: ({ status, connectorId }: ResultRow): void => {
      if (status === "rejected") return;
      if (status !== "pending") counts[status] += 1;
      else if (connectorId === undefined) counts.queued += 1;
      else counts.awaiting += 1;
    },
    now: (): BatchCounts => ({ ...counts }),
  };
};
