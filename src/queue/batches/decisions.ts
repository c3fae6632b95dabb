import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError, BatchStateError } from "../../install/errors.ts";
import type { Requester } from "../../install/request.ts";
import type { Batches, Decision } from "./batches.ts";

/** What is decided about a batch as a whole; its installs learn of it by and by. */
export interface BatchDecisions {
  /** No more creates are sent for it; what is on its way to Bird goes on. @throws {BatchNotFoundError} @throws {BatchStateError} */
  pause(batchId: string, requester?: Requester): Promise<Batch>;
  /** Goes on, also with what waits for a canary; the halt is measured anew. @throws {BatchNotFoundError} @throws {BatchStateError} */
  resume(batchId: string, requester?: Requester): Promise<Batch>;
  /** Ends its installs that have no connector yet; the others end by themselves. @throws {BatchNotFoundError} @throws {BatchStateError} */
  cancel(batchId: string, requester?: Requester): Promise<Batch>;
}

export const createBatchDecisions = ({
  batches,
  requestedBy,
}: {
  readonly batches: Pick<Batches, "decide" | "find">;
  /** Who decides, where a call does not say. */
  readonly requestedBy?: string | undefined;
}): BatchDecisions => {
  const decided =
    (decision: Decision) =>
    async (batchId: string, requester: Requester = { requestedBy }) => {
      await decide(batches, batchId, { decision, requester });
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
  { decision, requester }: { readonly decision: Decision; readonly requester: Requester },
): Promise<void> => {
  const answer = await batches.decide(batchId, decision, requester);
  if (answer === "gone") throw new BatchNotFoundError(batchId);
  if (answer === "done") return;
  throw new BatchStateError(
    decision === "retry"
      ? "The batch is being cancelled: retry its rows once all of its installs have ended."
      : `The batch is ${answer} already.`,
  );
};
