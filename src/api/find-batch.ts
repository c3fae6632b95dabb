import type { Batch } from "../install/batch.ts";
import { BatchNotFoundError } from "../queue/batch-errors.ts";
import type { ApiDeps } from "./api-deps.ts";
import { knownBatchId } from "./known-batch-id.ts";

/** The batch of an id as it came. @throws {BatchNotFoundError} */
export const findBatch = async (
  { batches }: { readonly batches: Pick<ApiDeps["batches"], "find"> },
  id: string,
): Promise<Batch> => {
  const batch = await batches.find(knownBatchId(id));
  if (batch === undefined) throw new BatchNotFoundError(id);
  return batch;
};
