import type { Logger } from "../../log.ts";
import type { Batches, RecountResult } from "../../queue/batches/batches.ts";

/** An import without progress for this long is closed as it is, so that every batch ends. */
const abandonedMs = 3_600_000;
const abandonedCancelledMs = 60_000;
/** Rows of a batch re-read in one sweep, and in one script. */
const sweepMax = 5000;
const groupSize = 500;

/**
 * Completes what killed processes left unfinished in open batches: re-reads the installs of open rows, up to 5000 a
 * sweep, closes abandoned imports, applies pending decisions and notifies ends. Rows that joined an install of another
 * batch are counted only here.
 */
export const createSweepBatches = (deps: {
  readonly batches: Pick<
    Batches,
    "state" | "renew" | "close" | "mirror" | "openRows" | "recount" | "findOpen" | "findUnnotified"
  >;
  readonly afterRecount: (batchId: string, result: RecountResult) => Promise<void>;
  readonly retentionMs: number;
  readonly log: Logger;
  readonly now: () => number;
}) => {
  const { batches, afterRecount, log, now } = deps;
  /** Row to continue from, by batch. */
  const next = new Map<string, number>();
  /** When a batch's expiry was last extended, by batch. */
  const renewedMs = new Map<string, number>();

  /** A held or paused batch may stay open longer than the retention. */
  const renew = async (batchId: string, rows: number): Promise<void> => {
    if (now() - (renewedMs.get(batchId) ?? 0) < deps.retentionMs / 4) return;
    await batches.renew(batchId, rows);
    renewedMs.set(batchId, now());
  };

  const recountSome = async (batchId: string): Promise<void> => {
    const from = next.get(batchId) ?? 1;
    const some = (await batches.openRows(batchId, from)).slice(0, sweepMax);
    next.set(batchId, some.length < sweepMax ? 1 : (some.at(-1) ?? 0) + 1);
    // Also without open rows: the end of the batch may be undetected.
    for (let first = 0; first === 0 || first < some.length; first += groupSize) {
      await afterRecount(batchId, await batches.recount(batchId, some.slice(first, first + groupSize)));
    }
  };

  const sweepOne = async (batchId: string): Promise<void> => {
    const state = await batches.state(batchId);
    if (state !== undefined) await renew(batchId, state.batch.rows);
    const limitMs = state?.batch.status === "cancelled" ? abandonedCancelledMs : abandonedMs;
    if (state !== undefined && !state.isClosed && now() - state.readAtMs > limitMs)
      await afterRecount(batchId, await batches.close(batchId, state.batch.rows, { isCutOff: true }));
    await batches.mirror(batchId);
    await recountSome(batchId);
    if (state?.mustMove === true) await afterRecount(batchId, { ...nothing, mustMove: true });
  };

  /** A batch that cannot be swept must not prevent the sweep of others. */
  const unlessItFails = async (batchId: string, sweeping: Promise<void>): Promise<void> => {
    await sweeping.catch((error: Error) => {
      log.warn({ batchId, reason: error.message }, "could not sweep a batch; the next sweep tries again");
    });
  };

  return async (): Promise<void> => {
    const open = await batches.findOpen();
    for (const known of [next, renewedMs])
      for (const id of known.keys()) if (!open.includes(id)) known.delete(id);
    for (const id of open) await unlessItFails(id, sweepOne(id));
    for (const id of await batches.findUnnotified())
      await unlessItFails(id, afterRecount(id, { ...nothing, hasFinished: true }));
  };
};

const nothing: RecountResult = { hasFinished: false, mustMove: false, isCancelled: false, hasCanary: false };
