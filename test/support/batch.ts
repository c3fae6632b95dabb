import type { Batch } from "../../src/install/batch.ts";

/** A running batch as callers see it. */
export const batchOf = (change: Partial<Batch> = {}): Batch => ({
  id: "01JGFJJZ00000000000000000B",
  name: "numbers.csv",
  status: "running",
  rows: 0,
  accepted: 0,
  attached: 0,
  rejected: 0,
  queued: 0,
  awaiting: 0,
  completed: 0,
  failed: 0,
  cancelled: 0,
  createdAt: "2026-01-01T00:00:00.000Z",
  ...change,
});
