import type { Logger } from "../../log.ts";
import type { Batches, RecountResult } from "../../queue/batches/batches.ts";
import type { Notifications } from "../../queue/outbox/notifications.ts";

/** Recounts batches after their installs changed state. */
export interface RecountBuffer {
  /** Ignores an install without a batch. */
  add(install: { readonly batchId?: string | undefined; readonly row?: number | undefined }): void;
  /** Recounts what is buffered, without waiting for the timer. */
  flush(): Promise<void>;
}

/** Long enough for a busy worker to count many rows in one script, short enough for a progress bar. */
const holdBackMs = 100;
/** So many rows keep Redis busy for two or three milliseconds at most. */
const groupMax = 200;

/**
 * Buffers rows and recounts them together. The rows a killed worker had buffered are recounted by the sweep of batches,
 * which compares open rows with their installs.
 */
export const createRecountBuffer = (deps: {
  readonly batches: Pick<Batches, "recount">;
  readonly afterRecount: (batchId: string, result: RecountResult) => Promise<void>;
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
 * Acts on a recount: enqueues the notification of the batch's end, and the moving of its installs. A worker killed
 * before that leaves both to the sweep of batches; notifying twice is harmless, because a notification's id is derived
 * from the batch and how often it was started.
 */
export const createAfterRecount =
  (deps: {
    readonly batches: Pick<Batches, "state" | "markNotified">;
    /** Enqueues what was decided about a batch: see `addMoveBatch`. */
    readonly addMove: (batchId: string) => Promise<void>;
    readonly notifications: Pick<Notifications, "announce">;
    /** `NOTIFY_URL`; undefined: batches are not notified. */
    readonly notifyUrl: string | undefined;
    readonly log: Logger;
  }) =>
  async (batchId: string, { hasFinished, mustMove }: RecountResult): Promise<void> => {
    if (mustMove) await deps.addMove(batchId);
    if (!hasFinished) return;
    const state = await deps.batches.state(batchId);
    const { batch, starts } = state ?? {};
    // Rows retried meanwhile have reopened the batch: its next end is notified.
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
    await deps.batches.markNotified(batchId);
  };
