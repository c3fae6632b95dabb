import type { Logger } from "../../log.ts";
import type { Batches, Tally } from "../../queue/batches/batches.ts";
import { addMoveBatch, type ChoresQueue } from "../../queue/maintenance/chores.ts";
import type { Notifications } from "../../queue/outbox/notifications.ts";

/** Recounts batches whose installs have moved on. */
export interface RecountBuffer {
  /** Ignores an install without a batch. */
  add(install: { readonly batchId?: string | undefined; readonly row?: number | undefined }): void;
  /** Sends what is still held back. */
  flush(): Promise<void>;
}

/** Long enough that a busy worker counts hundreds of rows in one script, short enough for a progress bar. */
const holdBackMs = 100;
const groupMax = 500;

/**
 * Collects rows and has them counted together. What a killed worker had collected is found by the sweep of batches,
 * which looks at all open rows.
 */
export const createRecountBuffer = (deps: {
  readonly batches: Pick<Batches, "recount">;
  readonly afterRecount: (batchId: string, tally: Tally) => Promise<void>;
  readonly log: Logger;
}): RecountBuffer => {
  const { batches, afterRecount, log } = deps;
  const collected = new Map<string, Set<number>>();
  let timer: NodeJS.Timeout | undefined;

  const send = async (batchId: string, rows: readonly number[]): Promise<void> => {
    for (let first = 0; first < rows.length; first += groupMax) {
      await afterRecount(batchId, await batches.recount(batchId, rows.slice(first, first + groupMax)));
    }
  };

  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const taken = [...collected];
    collected.clear();
    const sent = await Promise.allSettled(taken.map(([batchId, rows]) => send(batchId, [...rows])));
    for (const result of sent) {
      if (result.status === "rejected")
        log.warn({ reason: String(result.reason) }, "could not count a batch yet; the sweep will");
    }
  };

  return {
    add: ({ batchId, row }) => {
      if (batchId === undefined || row === undefined) return;
      const rows = collected.get(batchId) ?? new Set();
      collected.set(batchId, rows.add(row));
      timer ??= setTimeout(flush, holdBackMs);
    },
    flush,
  };
};

/**
 * Acts on the counts of a batch: notifies its end, and enqueues what was decided. A worker killed before that leaves
 * both to the sweep of batches; notifying twice is harmless, because a notification's id is made of the batch and how
 * often it was started.
 */
export const createAfterRecount =
  (deps: {
    readonly batches: Pick<Batches, "state" | "markTold">;
    readonly chores: ChoresQueue;
    readonly notifications: Pick<Notifications, "announce">;
    /** `NOTIFY_URL`; undefined when batches notify no one. */
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
