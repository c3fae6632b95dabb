import type { Batch } from "../install/batch.ts";
import { BatchNotFoundError, BatchStateError } from "./batch-errors.ts";
import type { Batches, Decision } from "./batches.ts";

/** What is decided about a batch as a whole; its installs learn of it by and by. */
export interface BatchDecisions {
  /** No more creates are sent for it; what is on its way to Bird goes on. @throws {BatchNotFoundError} @throws {BatchStateError} */
  pause(batchId: string): Promise<Batch>;
  /** Goes on, also with what waits for a canary; the halt is measured anew. @throws {BatchNotFoundError} @throws {BatchStateError} */
  resume(batchId: string): Promise<Batch>;
  /** Ends its installs that have no connector yet; the others end by themselves. @throws {BatchNotFoundError} @throws {BatchStateError} */
  cancel(batchId: string): Promise<Batch>;
}

export const createBatchDecisions = ({
  batches,
}: {
  readonly batches: Pick<Batches, "decide" | "find">;
}): BatchDecisions => {
  const decided = (decision: Decision) => async (batchId: string) => {
    await decide(batches, batchId, decision);
    const batch = await batches.find(batchId);
    if (batch === undefined) throw new BatchNotFoundError(batchId);
    return batch;
  };
  return { pause: decided("pause"), resume: decided("resume"), cancel: decided("cancel") };
};

/** @throws {BatchNotFoundError} @throws {BatchStateError} */
export const decide = async (
  batches: Pick<Batches, "decide">,
  batchId: string,
  decision: Decision,
): Promise<void> => {
  const answer = await batches.decide(batchId, decision);
  if (answer === "gone") throw new BatchNotFoundError(batchId);
  if (answer === "done") return;
  throw new BatchStateError(
    decision === "retry"
      ? "The batch is being cancelled: retry its rows once all of its installs have ended."
      : `The batch is ${answer} already.`,
  );
};
