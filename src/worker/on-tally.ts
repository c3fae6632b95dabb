import type { Logger } from "../log.ts";
import type { Batches, Tally } from "../queue/batches.ts";
import { addMoveBatch, type ChoresQueue } from "../queue/chores.ts";
import type { Notifications } from "../queue/notifications.ts";

/**
 * What the counts of a batch lead to: its end is told, and what was decided is carried out. A worker killed before
 * that leaves both to the sweep of batches; telling twice is harmless, because a notification's id is made of the batch
 * and how often it was started.
 */
export const createOnTally =
  (deps: {
    readonly batches: Pick<Batches, "state" | "markTold">;
    readonly chores: ChoresQueue;
    readonly notifications: Pick<Notifications, "announce">;
    /** `NOTIFY_URL`; undefined when nobody wants to hear of batches. */
    readonly notifyUrl: string | undefined;
    readonly log: Logger;
  }) =>
  async (batchId: string, { hasFinished, mustMove }: Tally): Promise<void> => {
    if (mustMove) await addMoveBatch(deps.chores, batchId);
    if (!hasFinished) return;
    const state = await deps.batches.state(batchId);
    const { batch, starts } = state ?? {};
    // Rows that were retried meanwhile have opened it again: its end is told then.
    if (batch?.finishedAt !== undefined) {
      const { completed, failed, cancelled, status } = batch;
      deps.log.info({ batchId, status, completed, failed, cancelled }, "batch finished");
      if (deps.notifyUrl !== undefined) {
        await deps.notifications.announce({
          type: "batch.finished",
          subjectId: batchId,
          generation: starts ?? 1,
          url: deps.notifyUrl,
          happenedAt: batch.finishedAt,
          data: batch,
        });
      }
    }
    await deps.batches.markTold(batchId);
  };
