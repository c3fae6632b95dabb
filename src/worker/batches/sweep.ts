import type { Logger } from "../../log.ts";
import type { Batches, RecountResult } from "../../queue/batches/batches.ts";
import type { SweepCursor } from "../../queue/batches/sweep-cursor.ts";

/** An import without progress for this long is closed as it is, so that every batch ends. */
const abandonedMs = 3_600_000;
const abandonedCancelledMs = 60_000;
/** Open batches visited in one sweep. */
const visitsMax = 50;
/** Steps of one sweep through all open rows in turn; see `stale-rows.ts`. */
const stepsMax = 20;
/** Batches with so few open rows are compared in every sweep, the smallest first, in so many steps. */
const smallMax = 250;
const smallStepsMax = 10;
/** Rows recounted in one script. */
const groupSize = 100;

interface Budget {
  steps: number;
}

/**
 * Completes what killed processes left unfinished in open batches: closes abandoned imports, applies pending decisions,
 * notifies ends, and recounts rows whose install is in another state than was recorded. Rows that joined an install of
 * another batch are counted only here.
 *
 * What changes is recounted by the worker that changes it; this is for what that worker could not. So a sweep compares five
 * thousand open rows, however many there are, and the next one goes on from there. Batches with few open rows are compared in
 * every sweep, so that none that is about to end waits for others.
 */
export const createSweepBatches = (deps: {
  readonly batches: Pick<
    Batches,
    | "state"
    | "renew"
    | "close"
    | "mirror"
    | "findStale"
    | "recount"
    | "findOpen"
    | "findUnnotified"
    | "sweepCursor"
  >;
  readonly afterRecount: (batchId: string, result: RecountResult) => Promise<void>;
  readonly retentionMs: number;
  readonly log: Logger;
  readonly now: () => number;
}) => {
  const { batches, afterRecount, log, now } = deps;
  /** When a batch's expiry was last extended, by batch. */
  const renewedMs = new Map<string, number>();

  /** A held or paused batch may stay open longer than the retention. */
  const renew = async (batchId: string, rows: number): Promise<void> => {
    if (now() - (renewedMs.get(batchId) ?? 0) < deps.retentionMs / 4) return;
    await batches.renew(batchId, rows);
    renewedMs.set(batchId, now());
  };

  const recount = async (batchId: string, rows: readonly number[]): Promise<void> =>
    afterRecount(batchId, await batches.recount(batchId, rows));

  /** @returns number of its open rows. */
  const visit = async (batchId: string): Promise<number> => {
    const state = await batches.state(batchId);
    if (state === undefined) {
      // Takes it off the list of open batches.
      await recount(batchId, []);
      return 0;
    }
    const { status, rows, queued, awaiting } = state.batch;
    await renew(batchId, rows);
    const limitMs = status === "cancelled" ? abandonedCancelledMs : abandonedMs;
    if (!state.isClosed && now() - state.readAtMs > limitMs)
      await afterRecount(batchId, await batches.close(batchId, rows, { isCutOff: true }));
    await batches.mirror(batchId);
    if (state.isUnsettled) await recount(batchId, []);
    if (state.mustMove) await afterRecount(batchId, { ...nothing, mustMove: true });
    return queued + awaiting;
  };

  /** Recounts the stale rows of a batch from `first` on. @returns the row to continue from; undefined after the last one. */
  const compare = async (batchId: string, first: number, budget: Budget): Promise<number | undefined> => {
    let next: number | undefined = first;
    while (next !== undefined && budget.steps > 0) {
      budget.steps -= 1;
      const stale = await batches.findStale(batchId, next);
      for (let at = 0; at < stale.rows.length; at += groupSize)
        await recount(batchId, stale.rows.slice(at, at + groupSize));
      next = stale.next;
    }
    return next;
  };

  /** Compares rows of all open batches in turn. @returns where the next sweep goes on. */
  const compareInTurn = async (
    open: readonly string[],
    { batchId, row }: Pick<SweepCursor, "batchId" | "row">,
  ): Promise<Pick<SweepCursor, "batchId" | "row">> => {
    const budget = { steps: stepsMax };
    const inTurn = rotated(open, (id) => id >= batchId);
    for (const id of inTurn) {
      if (budget.steps === 0) return { batchId: id, row: 1 };
      const next = await unlessItFails(id, compare(id, id === batchId ? row : 1, budget));
      if (next !== undefined) return { batchId: id, row: next };
    }
    return { batchId: inTurn[0] ?? "", row: 1 };
  };

  /** A batch that cannot be swept must not prevent the sweep of others. */
  const unlessItFails = async <T>(batchId: string, sweeping: Promise<T>): Promise<T | undefined> => {
    try {
      return await sweeping;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ batchId, reason }, "could not sweep a batch; the next sweep tries again");
      return undefined;
    }
  };

  /** Visits some batches, then compares the rows of those with few open ones. @returns the batch visited last. */
  const visitSome = async (open: readonly string[], after: string): Promise<string> => {
    const visits = rotated(open, (id) => id > after).slice(0, visitsMax);
    const seen: { readonly id: string; readonly rows: number }[] = [];
    for (const id of visits) seen.push({ id, rows: (await unlessItFails(id, visit(id))) ?? 0 });
    const budget = { steps: smallStepsMax };
    const small = seen.filter(({ rows }) => rows > 0 && rows <= smallMax);
    const bySize = small.toSorted((a, b) => a.rows - b.rows);
    for (const { id } of bySize) await unlessItFails(id, compare(id, 1, budget));
    return visits.at(-1) ?? "";
  };

  const sweepOpen = async (open: readonly string[]): Promise<void> => {
    const cursor = await batches.sweepCursor.read();
    const visited = await visitSome(open, cursor.visited);
    await batches.sweepCursor.write({ visited, ...(await compareInTurn(open, cursor)) });
  };

  return async (): Promise<void> => {
    const open = (await batches.findOpen()).toSorted();
    const isOpen = new Set(open);
    for (const id of renewedMs.keys()) if (!isOpen.has(id)) renewedMs.delete(id);
    if (open.length > 0) await sweepOpen(open);
    for (const id of await batches.findUnnotified())
      await unlessItFails(id, afterRecount(id, { ...nothing, hasFinished: true }));
  };
};

/** The ids from the first one that fits on, then those before it. */
const rotated = (ids: readonly string[], fits: (id: string) => boolean): readonly string[] => {
  const from = Math.max(0, ids.findIndex(fits));
  return [...ids.slice(from), ...ids.slice(0, from)];
};

const nothing: RecountResult = { hasFinished: false, mustMove: false, isCancelled: false, hasCanary: false };
