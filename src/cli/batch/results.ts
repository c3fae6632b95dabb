import { access, constants, realpath, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { detectFormat, type ImportFormat } from "../../producer/read/format.ts";
import { writeResults } from "../../producer/results/file.ts";
import { type ResultRow, type ResultsDeps, resultRows } from "../../producer/results/rows.ts";
import type { Batches } from "../../queue/batches/batches.ts";
import { plainTable } from "../terminal/plain-table.ts";

/**
 * Reads the current results of a batch once, and writes them to a file if one is given.
 *
 * @param options.isBrief Whether the table has only the first three completed rows, beside those that failed.
 * @returns a table short enough to read.
 */
export const resultsOfBatch = async (
  reader: ResultsDeps & { readonly batches: Pick<Batches, "inputFile"> },
  batchId: string,
  {
    results: file,
    isBrief = false,
  }: { readonly results?: ResultsFile | undefined; readonly isBrief?: boolean },
): Promise<string> => {
  const table = createResultTable(isBrief ? briefRowsMax : undefined);
  async function* seen(): AsyncGenerator<ResultRow> {
    for await (const row of resultRows(reader, batchId)) {
      table.add(row);
      yield row;
    }
  }
  if (file !== undefined)
    await writeResults(seen(), { ...file, input: await reader.batches.inputFile(batchId) });
  else for await (const _ of seen());
  return table.text();
};

export interface ResultsFile {
  readonly path: string;
  readonly format: ImportFormat;
}

/**
 * Checks that results can be written to a path before anything is enqueued, so that they are not lost at the end.
 *
 * @param importPath The file that is imported, which must not be replaced.
 * @returns the file, or what is wrong with it in one sentence.
 */
export const checkResultsFile = async (path: string, importPath?: string): Promise<ResultsFile | string> => {
  const format = /\.(csv|ndjson|jsonl|xlsx)$/i.test(path) ? detectFormat(path) : undefined;
  if (format === undefined) {
    return `The results file ${path} must end in .csv, .xlsx, .ndjson or .jsonl, which says how it is written.`;
  }
  const isWritable = await access(dirname(path), constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) return `The folder of ${path} does not exist or may not be written to: choose another.`;
  if ((await stat(path).catch(() => undefined))?.isDirectory() === true) {
    return `${path} is a folder: name a file in it.`;
  }
  if (importPath !== undefined && (await isSameFile(path, importPath))) {
    return "The results would replace the import file: choose another name for --out.";
  }
  return { path, format };
};

const isSameFile = async (one: string, other: string): Promise<boolean> => {
  const [first, second] = await Promise.all([one, other].map(realPathOf));
  return first !== undefined && first === second;
};

const realPathOf = (path: string): Promise<string | undefined> => realpath(path).catch(() => undefined);

const allRowsMax = 60;
const failedRowsMax = 200;
const briefRowsMax = 3;
const numberWidth = 16;

/** Collects results for a table short enough to read, in bounded memory. */
interface ResultTable {
  add(row: ResultRow): void;
  /** The table: every row of a small batch, of a large one those that failed; at most 110 columns wide. */
  text(): string;
}

const createResultTable = (goodRowsMax = allRowsMax): ResultTable => {
  const all: ResultRow[] = [];
  const failures: ResultRow[] = [];
  let rowCount = 0;
  let failedCount = 0;
  return {
    add: (row) => {
      rowCount += 1;
      const isFailure = row.status !== "completed" && row.status !== "pending";
      if (all.length < allRowsMax && (isFailure || rowCount - failedCount <= goodRowsMax)) all.push(row);
      if (!isFailure) return;
      failedCount += 1;
      if (failures.length < failedRowsMax) failures.push(row);
    },
    text: () => {
      const shown = rowCount <= allRowsMax ? all : failures;
      if (shown.length === 0) return "";
      const left = rowCount <= allRowsMax ? 0 : failedCount - failures.length;
      const more = rowCount <= allRowsMax ? rowCount - shown.length : 0;
      return [
        tableText(shown),
        ...(left === 0 ? [] : [`and ${left} more that failed: --out writes all of them\n`]),
        ...(more === 0 ? [] : [`and ${more} more that did not fail\n`]),
      ].join("");
    },
  };
};

const tableText = (rows: readonly ResultRow[]): string =>
  plainTable(
    [
      { title: "row", width: Math.max(4, ...rows.map(({ row }) => String(row).length)) },
      { title: "number", width: numberWidth },
      { title: "status", width: 9 },
      { title: "connector", width: 36 },
      { title: "channel", width: 36 },
    ],
    rows.map((row) => [String(row.row), numberOf(row), row.status, ...outcomeCells(row)]),
  );

const numberOf = ({ input }: ResultRow): string =>
  typeof input.phoneNumber === "string" ? input.phoneNumber.slice(0, numberWidth) : "";

const outcomeCells = (row: ResultRow) => {
  const error = errorText(row);
  return error === undefined
    ? [row.connectorId ?? "", row.channelId ?? ""]
    : [{ content: error, colSpan: 2 }];
};

/** Shows a rejected row's issues instead of its code, which all rejected rows share. */
const errorText = ({ status, errorCode, errorMessage, action }: ResultRow): string | undefined => {
  if (status === "rejected") return errorMessage;
  return errorCode === undefined ? errorMessage : `${errorCode}: ${action}`;
};
