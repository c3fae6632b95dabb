import type { Batches, BatchOptions, Tally } from "../../queue/batches/batches.ts";
import type { RowRecord } from "../../queue/batches/rows.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { KeptDigests } from "../../queue/secrets/kept-digests.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { inputColumns } from "../put/columns.ts";
import {
  type EnqueuedRow,
  type EnqueueGroupDeps,
  enqueueGroup,
  groupSize,
  type InputRow,
  judgeRow,
  rejected,
} from "../put/enqueue-rows.ts";
import { rowWorkspaces } from "./row-workspaces.ts";

/** How an input ended: read whole; stopped before its end, to be gone on with later; or broken off for good. */
export type InputEnd = "whole" | "stopped" | "broken";

export interface ImportOptions extends BatchOptions {
  /** Imports of one namespace never go on with those of another. Default: one for all without. */
  readonly namespace?: string | undefined;
  /** Asked once the rows have ended. Default: `whole`. */
  readonly end?: (() => InputEnd) | undefined;
}

/** Rows on their way into a batch. */
interface RowImport {
  readonly batchId: string;
  /** An import of the same rows was cut off before, and this one goes on with its batch. */
  readonly isContinued: boolean;
  /** One result a row, in order. Nothing is enqueued before this is read, and no further ahead than one group. */
  readonly rows: AsyncGenerator<EnqueuedRow, void, undefined>;
}

export type ImportRows = (
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  options: ImportOptions,
) => Promise<RowImport>;

/**
 * Enqueues rows as one batch.
 *
 * An import that is killed anywhere goes on when the same rows come again with the same options: its batch is known by
 * a digest of the first group of rows, tokens and all, and each group that was recorded by its own. A group is recorded after it
 * is on the queue, so one that was cut off in between is enqueued again, which adds nothing: each row's number
 * is claimed by its install. Two that import the same rows at once share the batch and do no harm.
 */
export const createImportRows = (
  deps: EnqueueGroupDeps & {
    readonly batches: Pick<
      Batches,
      "open" | "state" | "digestOf" | "record" | "close" | "readRows" | "canaryCount" | "move"
    >;
    readonly installs: Pick<Installs, "findMany">;
    readonly digests: KeptDigests;
  },
): ImportRows => {
  const { batches } = deps;
  const { first: newest, older } = deps.digests;

  /** The results of a group that was recorded before; undefined when it was not, or otherwise. */
  const recorded = async (
    batchId: string,
    group: readonly InputRow[],
  ): Promise<readonly EnqueuedRow[] | undefined> => {
    const [first] = group;
    const digest = first && (await batches.digestOf(batchId, first.row));
    if (digest === undefined) return undefined;
    const text = JSON.stringify(group);
    if (![newest, ...older].some((each) => each.of("group", text) === digest)) return undefined;
    const read = await batches.readRows(
      batchId,
      group.map(({ row }) => row),
    );
    const records = new Map(read.map(({ row, record }) => [row, record]));
    const ids = [...records.values()].flatMap((record) => ("installId" in record ? [record.installId] : []));
    const found = await deps.installs.findMany(ids);
    const byId = new Map(found.flatMap((install) => (install === undefined ? [] : [[install.id, install]])));
    const results = group.flatMap((input): EnqueuedRow[] => {
      const record = records.get(input.row);
      if (record === undefined) return [];
      if ("errors" in record) {
        const judged = judgeRow(input);
        return "errors" in judged ? [rejected(judged)] : [];
      }
      const install = byId.get(record.installId);
      const { attached, differs } = record;
      return install === undefined ? [] : [{ row: input.row, install, created: !attached, differs }];
    });
    return results.length === group.length ? results : undefined;
  };

  /**
   * Puts a group on the queue, then writes it down.
   *
   * @param options.canary How many installs go first; undefined once the others need not wait for them any more.
   */
  const enqueue = async (
    batchId: string,
    group: readonly InputRow[],
    { canary, within, requestedBy }: Pick<BatchOptions, "canary" | "within" | "requestedBy">,
  ): Promise<{ readonly results: readonly EnqueuedRow[]; readonly tally?: Tally }> => {
    const known = await recorded(batchId, group);
    if (known !== undefined) return { results: known };
    const waits = canary !== undefined && { left: canary - (await batches.canaryCount(batchId)) };
    const results = await enqueueGroup(deps, group, {
      requestedBy,
      batch: { id: batchId, ...(waits && { canary: waits }) },
    });
    const tally = await batches.record(
      batchId,
      results.map((row) => ({ row: row.row, record: recordOf(row) })),
      {
        firstRow: results[0]?.row ?? 0,
        digest: newest.of("group", JSON.stringify(group)),
        workspaces: rowWorkspaces(results, within),
      },
    );
    // The canary ended while these were told to wait for it.
    if (waits && !tally.hasCanary) await batches.move(batchId);
    return { results, tally };
  };

  const close = async (batchId: string, rowCount: number, how: InputEnd): Promise<void> => {
    if (how !== "stopped") await batches.close(batchId, rowCount, { isCutOff: how === "broken" });
  };

  async function* run(
    groups: AsyncGenerator<InputRow[]>,
    batchId: string,
    { canary, within, requestedBy, end = () => "whole" }: ImportOptions,
  ): AsyncGenerator<EnqueuedRow, void, undefined> {
    let hasCanary = (await batches.state(batchId))?.hasCanary === true;
    let isCancelled = false;
    let rowCount = 0;
    for await (const group of groups) {
      const { results, tally } = await enqueue(batchId, group, {
        canary: hasCanary ? canary : undefined,
        within,
        requestedBy,
      });
      rowCount = group.at(-1)?.row ?? rowCount;
      yield* results;
      hasCanary = tally?.hasCanary ?? hasCanary;
      isCancelled = tally?.isCancelled ?? false;
      if (isCancelled) break;
    }
    await close(batchId, rowCount, isCancelled ? "broken" : end());
  }

  return async (rows, options) => {
    const groups = inGroups(rows, groupSize);
    const first = await groups.next();
    const { name, canary, haltAt, namespace } = options;
    const parts = [name, canary ?? null, haltAt ?? null, first.value ?? null];
    const importText = JSON.stringify(namespace === undefined ? parts : [...parts, namespace]);
    const importKey = newest.of("import", importText);
    const olderKeys = older.map((each) => each.of("import", importText));
    const { id: batchId, isContinued } = await batches.open({ importKey, olderKeys }, options);
    async function* all(): AsyncGenerator<InputRow[]> {
      if (first.done !== true) yield first.value;
      yield* groups;
    }
    return { batchId, isContinued, rows: run(all(), batchId, options) };
  };
};

const recordOf = (row: EnqueuedRow): RowRecord =>
  "errors" in row
    ? { errors: [...row.errors], input: inputColumns(row.input) }
    : { installId: row.install.id, attached: !row.created, differs: row.differs };
