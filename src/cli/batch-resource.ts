import type { Batch } from "../install/batch.ts";
import type { BatchReader } from "./batch-reader.ts";
import { recentFailures } from "./recent-failures.ts";

/** A batch as the API shows it. */
export const batchResource = async (reader: BatchReader, batch: Batch) => {
  const failed = batch.failed === 0 ? [] : await recentFailures(reader, batch.id);
  return { ...batch, recentFailures: failed.map(({ action: _, ...shown }) => shown) };
};
