import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError } from "../../install/errors.ts";
import type { ApiDeps } from "../api-deps.ts";
import { type Caller, reachBatchId } from "../auth/reach.ts";

/** The batch of an id as it came. @throws {BatchNotFoundError} also for one the caller does not reach. */
export const findBatch = async (
  { batches }: { readonly batches: Pick<ApiDeps["batches"], "find" | "isWithin"> },
  caller: Caller,
  id: string,
): Promise<Batch> => {
  const batch = await batches.find(await reachBatchId({ batches }, caller, id));
  if (batch === undefined) throw new BatchNotFoundError(id);
  return batch;
};
