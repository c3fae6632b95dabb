import type { Logger } from "../log.ts";
import type { Batches, Tally } from "../queue/batches.ts";

/** Tells batches that installs of theirs have moved on. */
export interface BatchTally {
  /** Does nothing for an install that came alone. */
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
export const createBatchTally = (deps: {
  readonly batches: Pick<Batches, "recount">;
  readonly onTally: (batchId: string, tally: Tally) => Promise<void>;
  readonly log: Logger;
}): BatchTally => {
  const { batches, onTally, log } = deps;
  const collected = new Map<string, Set<number>>();
  let timer: NodeJS.Timeout | undefined;

  const send = async (batchId: string, rows: readonly number[]): Promise<void> => {
    for (let first = 0; first < rows.length; first += groupMax) {
      await onTally(batchId, await batches.recount(batchId, rows.slice(first, first + groupMax)));
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
