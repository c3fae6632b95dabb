import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError, BatchStateError } from "../../install/errors/errors.ts";
import type { Requester } from "../../install/request.ts";
import type { Batches, Decision } from "./batches.ts";

/** Manual decisions about a batch. A worker carries them out for its installs. */
export interface BatchDecisions {
  /** Sends no further creates for it; requests in flight continue. @throws {BatchNotFoundError} @throws {BatchStateError} */
  pause(batchId: string, requester?: Requester): Promise<Batch>;
  /** Continues, without waiting for the canary; the halt rate is measured from now. @throws {BatchNotFoundError} @throws {BatchStateError} */
  resume(batchId: string, requester?: Requester): Promise<Batch>;
  /** Cancels its installs without a connector; the others run to their end. @throws {BatchNotFoundError} @throws {BatchStateError} */
  cancel(batchId: string, requester?: Requester): Promise<Batch>;
}

export const createBatchDecisions = ({
  batches,
  addMove,
  requestedBy,
}: {
  readonly batches: Pick<Batches, "decide" | "find">;
  /** Asks a worker to carry a decision out: see `addMoveBatch`. */
  readonly addMove: (batchId: string) => Promise<void>;
  /** Default requester. */
  readonly requestedBy?: string | undefined;
}): BatchDecisions => {
  const decided =
    (decision: Decision) =>
    async (batchId: string, requester: Requester = { requestedBy }) => {
      await decide(batches, batchId, { decision, requester });
      // A pause is asked for by each create. What is not asked for here is found by the sweep of batches.
      if (decision !== "pause") await addMove(batchId).catch(() => undefined);
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
