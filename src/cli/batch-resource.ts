import type { Batch } from "../install/batch.ts";
import { recentFailures } from "../producer/recent-failures.ts";
import type { BatchReader } from "./batch-reader.ts";

/** A batch as the API shows it. */
export const batchResource = async (reader: BatchReader, batch: Batch) => ({
  ...batch,
  recentFailures: batch.failed === 0 ? [] : await recentFailures(reader, batch.id),
});
