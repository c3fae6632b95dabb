import { InputError, type InputIssue, parseInput } from "../install/input-error.ts";
import { type InstallRequest, installRequestSchema } from "../install/request.ts";
import type { Enqueued, Submission } from "./put-installs.ts";

/** One row on its way in: an input yet to be judged, or one its reader could not make sense of. */
export type InputRow =
  | { readonly row: number; readonly input: unknown }
  | { readonly row: number; readonly input: unknown; readonly errors: readonly InputIssue[] };

/** One row of many: what it became, or everything that is wrong with it. Rows count from 1. */
export type EnqueuedRow =
  | ({ readonly row: number } & Enqueued)
  | { readonly row: number; readonly input: unknown; readonly errors: readonly InputIssue[] };

/** Between the knee of BullMQ's bulk throughput (100) and calls that block noticeably (1000). */
const groupSize = 250;

/**
 * Enqueues rows group by group and yields one result a row, in order. A bad row stops nothing. Reads no
 * further ahead than one group, so memory stays constant whatever the length.
 */
export async function* enqueueRows(
  deps: {
    readonly put: (submissions: readonly Submission[]) => Promise<readonly Enqueued[]>;
    readonly nextId: () => string;
    /** Called with each group's results before they are yielded. */
    readonly record: (rows: readonly EnqueuedRow[]) => Promise<void>;
  },
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  batchId: string | undefined,
): AsyncGenerator<EnqueuedRow, void, undefined> {
  for await (const group of groupsOf(rows)) {
    const judged = group.map(judgeRow);
    const good = judged.filter((row) => "request" in row);
    const enqueued = await deps.put(
      good.map(({ row, request }) => ({ request, newId: deps.nextId(), batchId, row })),
    );
    const byRow = new Map(good.map(({ row }, index) => [row, enqueued[index]]));
    const results = judged.flatMap((row): EnqueuedRow[] => {
      if ("errors" in row) return [row];
      const result = byRow.get(row.row);
      return result === undefined ? [] : [{ row: row.row, ...result }];
    });
    await deps.record(results);
    yield* results;
  }
}

/** A row's request, or everything that is wrong with it; enqueues nothing. */
export const judgeRow = (
  row: InputRow,
):
  | { readonly row: number; readonly request: InstallRequest }
  | { readonly row: number; readonly input: unknown; readonly errors: readonly InputIssue[] } => {
  if ("errors" in row) return row;
  try {
    return { row: row.row, request: parseInput(installRequestSchema, row.input) };
  } catch (error) {
    if (error instanceof InputError) return { ...row, errors: error.issues };
    throw error;
  }
};

/** Rows in groups. When their source throws, what it gave before is a group too, and the fault comes after. */
export async function* groupsOf(rows: AsyncIterable<InputRow> | Iterable<InputRow>) {
  let group: InputRow[] = [];
  const faults: unknown[] = [];
  try {
    for await (const row of rows) {
      group.push(row);
      if (group.length < groupSize) continue;
      yield group;
      group = [];
    }
  } catch (fault) {
    faults.push(fault);
  }
  if (group.length > 0) yield group;
  for (const fault of faults) throw fault;
}
