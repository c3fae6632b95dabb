import type { Batch } from "../../install/batch.ts";
import { InstallNotFoundError, InstallStateError } from "../../install/errors/errors.ts";
import type { InstallActions } from "../../queue/actions/installs.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import type { BatchRow } from "../../queue/batches/rows.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { Matching } from "../../queue/matching/matching.ts";

/** Installs moved concurrently. */
const groupSize = 100;

/**
 * Applies a batch's decisions to its installs: after a resume or the canary's end it wakes waiting ones, after a cancel it
 * cancels those without a connector. An install with a connector runs to its end, and one the batch only joined is not
 * cancelled. Idempotent; a decision made meanwhile is applied by the next run.
 */
export const createMoveBatch = (deps: {
  readonly batches: Pick<Batches, "state" | "openRows" | "readRows" | "markMoved">;
  readonly installs: Pick<Installs, "findMany">;
  readonly matching: Pick<Matching, "wake">;
  readonly actions: Pick<InstallActions, "cancel">;
}) => {
  const { batches, installs, matching, actions } = deps;

  const cancel = async (installId: string, { lastDecision }: Batch): Promise<void> => {
    const requestedBy = lastDecision?.decision === "cancel" ? lastDecision.requestedBy : undefined;
    try {
      await actions.cancel(installId, { keepsPriority: true, requestedBy });
    } catch (error) {
      if (!(error instanceof InstallStateError || error instanceof InstallNotFoundError)) throw error;
    }
  };

  const moveGroup = async (rows: readonly BatchRow[], batch: Batch): Promise<void> => {
    const own = rows.flatMap(({ record }) =>
      "installId" in record && !record.attached ? [record.installId] : [],
    );
    await Promise.all(
      (await installs.findMany(own)).map(async (install) => {
        if (install === undefined || install.status === "awaiting_channel") return;
        if (batch.status === "cancelled") await cancel(install.id, batch);
        // Held and retrying installs resume by themselves when due.
        else if (install.status === "queued") await matching.wake(install.id);
      }),
    );
  };

  return async (batchId: string): Promise<void> => {
    const state = await batches.state(batchId);
    if (state === undefined || !state.mustMove) return;
    const { status } = state.batch;
    if (status !== "paused") {
      const open = await batches.openRows(batchId);
      for (let first = 0; first < open.length; first += groupSize) {
        const rows = await batches.readRows(batchId, open.slice(first, first + groupSize));
        await moveGroup(rows, state.batch);
      }
    }
    await batches.markMoved(batchId, state.decisions);
  };
};
