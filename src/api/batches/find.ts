import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError } from "../../install/errors/errors.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { type Caller, reachBatchId } from "../auth/reach.ts";

/** Finds a batch. @throws {BatchNotFoundError} also for one the caller does not reach. */
export const findBatch = async (
  { batches }: { readonly batches: Pick<Batches, "find" | "isWithin"> },
  caller: Caller,
  id: string,
): Promise<Batch> => {
  const batch = await batches.find(await reachBatchId({ batches }, caller, id));
  if (batch === undefined) throw new BatchNotFoundError(id);
  return batch;
};
