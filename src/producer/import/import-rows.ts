import type { Batches, BatchOptions, RecountResult } from "../../queue/batches/batches.ts";
import type { RowRecord } from "../../queue/batches/rows.ts";
import type { Installs } from "../../queue/installs/installs.ts";
import type { KeptDigests } from "../../queue/secrets/kept-digests.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { inputColumns } from "../put/columns.ts";
import {
  type EnqueueGroupDeps,
  enqueueGroup,
  groupSize,
  type InputRow,
  rejected,
} from "../put/enqueue-rows.ts";
import type { EnqueuedRow } from "../put/enqueued.ts";
import { createGroupInput } from "./group-input.ts";
import { rowWorkspaces } from "./row-workspaces.ts";

/** How an input ended: read completely; stopped before its end, to be continued later; or broken. */
export type InputEnd = "whole" | "stopped" | "broken";

export interface ImportOptions extends BatchOptions {
  /** An import continues only batches of its own namespace. Default: one shared namespace. */
  readonly namespace?: string | undefined;
  /** Called once the rows have ended. Default: `whole`. */
  readonly end?: (() => InputEnd) | undefined;
}

/** A running import of rows into a batch. */
interface RowImport {
  readonly batchId: string;
  /** True when an earlier import of the same rows was cut off, and this one continues its batch. */
  readonly isContinued: boolean;
  /** One result a row, in order. Rows are enqueued as this is read, at most one group ahead. */
  readonly rows: AsyncGenerator<EnqueuedRow, void, undefined>;
}

interface GroupOptions extends Pick<BatchOptions, "canary" | "within" | "requestedBy"> {
  readonly inputOf: ReturnType<typeof createGroupInput>;
}

export type ImportRows = (
  rows: AsyncIterable<InputRow> | Iterable<InputRow>,
  options: ImportOptions,
) => Promise<RowImport>;

/**
 * Enqueues rows as one batch.
 *
 * An import that is killed continues when the same rows are imported again with the same options. A digest of the first
 * group of rows, tokens included, identifies the batch; a digest of each recorded group identifies the group. A group is
 * recorded after it is enqueued, so one that was cut off in between is enqueued again, which adds nothing, because
 * each row's number is claimed by its install. Two imports of the same rows at once share the batch safely.
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

  /** The results of a group that is already recorded; undefined when it is not recorded, or with other rows. */
  const recorded = async (
    batchId: string,
    group: readonly InputRow[],
  ): Promise<readonly EnqueuedRow[] | undefined> => {
    const [first] = group;
    const digest = first && (await batches.digestOf(batchId, first.row));
    if (digest === undefined) return undefined;
    const text = textOf(group);
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
      if ("errors" in record)
        return [{ ...rejected({ ...input, errors: record.errors }), code: record.code }];
      const install = byId.get(record.installId);
      const { attached, differs } = record;
      const { row, line } = input;
      return install === undefined ? [] : [{ row, line, install, created: !attached, differs }];
    });
    return results.length === group.length ? results : undefined;
  };

  /**
   * Enqueues a group, then records it.
   *
   * @param options.canary How many installs run first; undefined once the others need not wait for them any more.
   */
  const enqueue = async (
    batchId: string,
    group: readonly InputRow[],
    { canary, within, requestedBy, inputOf }: GroupOptions,
  ): Promise<{ readonly results: readonly EnqueuedRow[]; readonly recounted?: RecountResult }> => {
    const known = await recorded(batchId, group);
    if (known !== undefined) return { results: known };
    const waits = canary !== undefined && { left: canary - (await batches.canaryCount(batchId)) };
    const results = await enqueueGroup(deps, group, {
      requestedBy,
      batch: { id: batchId, ...(waits && { canary: waits }) },
    });
    const recounted = await batches.record(
      batchId,
      results.map((row) => ({ row: row.row, record: recordOf(row) })),
      {
        firstRow: results[0]?.row ?? 0,
        digest: newest.of("group", textOf(group)),
        workspaces: rowWorkspaces(results, within),
        input: inputOf(group, results),
      },
    );
    // The canary ended while these rows were enqueued as waiting for it.
    if (waits && !recounted.hasCanary) await batches.move(batchId);
    return { results, recounted };
  };

  const close = async (batchId: string, rowCount: number, how: InputEnd): Promise<void> => {
    if (how !== "stopped") await batches.close(batchId, rowCount, { isCutOff: how === "broken" });
  };

  async function* run(
    groups: AsyncGenerator<InputRow[]>,
    batchId: string,
    { canary, within, requestedBy, file, end = () => "whole" }: ImportOptions,
  ): AsyncGenerator<EnqueuedRow, void, undefined> {
    let hasCanary = (await batches.state(batchId))?.hasCanary === true;
    let isCancelled = false;
    let rowCount = 0;
    const inputOf = createGroupInput(file);
    for await (const group of groups) {
      const { results, recounted } = await enqueue(batchId, group, {
        canary: hasCanary ? canary : undefined,
        within,
        requestedBy,
        inputOf,
      });
      rowCount = group.at(-1)?.row ?? rowCount;
      yield* results;
      hasCanary = recounted?.hasCanary ?? hasCanary;
      isCancelled = recounted?.isCancelled ?? false;
      if (isCancelled) break;
    }
    await close(batchId, rowCount, isCancelled ? "broken" : end());
  }

  return async (rows, options) => {
    const groups = inGroups(rows, groupSize);
    const first = await groups.next();
    const { name, canary, haltAt, namespace } = options;
    const parts = [name, canary ?? null, haltAt ?? null, first.value?.map(withoutLine) ?? null];
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

/** The text of rows that digests are of: blank lines between rows do not make another import. */
const textOf = (group: readonly InputRow[]): string => JSON.stringify(group.map(withoutLine));

const withoutLine = ({ line: _, ...row }: InputRow): Omit<InputRow, "line"> => row;

const recordOf = (row: EnqueuedRow): RowRecord =>
  "errors" in row
    ? {
        errors: [...row.errors],
        input: inputColumns(row.input),
        ...(row.code !== undefined && { code: row.code }),
      }
    : { installId: row.install.id, attached: !row.created, differs: row.differs };
