import type { InputFile } from "../../install/batch.ts";
import type { InputIssue } from "../../install/errors/input-error.ts";
import { requestMembers } from "../../install/request.ts";
import { publicMembers } from "../put/columns.ts";
import type { InputRow } from "../put/enqueue-rows.ts";
import { isStandIn } from "./cell-faults.ts";
import { type ColumnOptions, noColumnOptions } from "./column-options.ts";
import { nulIssue, plainCell, rowInput } from "./csv-cells.ts";
import { type CsvHeader, fillNotes, type HeaderOptions, isCsvHeader, readCsvHeader } from "./csv-header.ts";
import { type CsvRecord, readCsvRecords } from "./csv-records.ts";
import {
  createUnreadableLimit,
  ImportFileError,
  limitInput,
  rowWithIssues,
  unreadableRow,
} from "./errors.ts";
import { refuseOtherText } from "./format.ts";
import { createLineQueue, type FileLine, type LineQueue, overlongIssue, overlongLine } from "./lines.ts";
import { membersOf } from "./names.ts";

const freeTextMembers: ReadonlySet<string> = new Set(["name", "metadata", "channelWebhooks"]);
const oneLineMembers: ReadonlySet<string | undefined> = new Set(
  requestMembers.filter((member) => !freeTextMembers.has(member)),
);

const isPublic: ReadonlySet<string> = new Set(publicMembers);

/** What is known of a file once its header is read. */
export interface ReadFile extends InputFile {
  /** What the caller should know of it, as sentences. */
  readonly notes?: readonly string[];
  /** What the file calls a member, where that is another name. */
  readonly headings?: ReadonlyMap<string, string>;
}

export interface TableOptions extends HeaderOptions {
  /** Called before the first row. */
  readonly onFile?: ((file: ReadFile) => void) | undefined;
}

/** Reads the rows of a CSV file whose first line names the columns. See {@link readRows}. */
export async function* readCsv(
  blocks: AsyncIterable<readonly FileLine[]>,
  options: TableOptions,
): AsyncGenerator<InputRow, void, undefined> {
  const queue = createLineQueue(blocks);
  const header = readCsvHeader(await takeCsvHeader(queue, options.columns), options);
  const { delimiter, members } = header;
  options.onFile?.(fileOf(header, options));
  const maySpanLines = (column: number): boolean => !oneLineMembers.has(members[column]);
  const shape = { delimiter, width: members.length, maySpanLines };
  const limited = createUnreadableLimit();
  let row = 0;
  for await (const records of readCsvRecords(queue, shape)) {
    for (const record of records) {
      row += 1;
      yield limited({ ...toRow(row, record, header, options.columns), line: record.line });
    }
  }
  if (row === 0) {
    throw new ImportFileError("The file has a header and no rows: add one row for each number to install.");
  }
}

/** What is told of a table once its header is read. */
export const fileOf = (
  { delimiter, members, headings }: Pick<CsvHeader, "members" | "headings"> & { readonly delimiter?: string },
  { columns = noColumnOptions, howTo }: TableOptions,
): ReadFile => {
  const filled = Object.keys(columns.fill).filter((member) => !members.includes(member));
  const all = [...members, ...filled].flatMap((member) =>
    member !== undefined && isPublic.has(member) ? [member] : [],
  );
  return {
    ...(delimiter !== undefined && { delimiter }),
    columns: all,
    notes: fillNotes({ members }, columns, howTo),
    headings,
  };
};

const toRow = (
  row: number,
  record: CsvRecord,
  { delimiter, members }: Pick<CsvHeader, "delimiter" | "members">,
  columns: ColumnOptions = noColumnOptions,
): InputRow => {
  // A row whose cells may have shifted is dropped entirely: a token could be in any of them.
  if (!("cells" in record)) {
    const member = members[record.column ?? -1];
    return unreadableRow(row, record.issue, member === undefined ? "" : `/${member}`);
  }
  const { cells } = record;
  if (cells.length !== members.length) {
    const isBinary = cells.some((cell) => cell.includes("\0"));
    return unreadableRow(row, isBinary ? nulIssue : widthIssue(cells.length, { delimiter, members }));
  }
  return cellsRow(row, cells, { members, columns });
};

interface RowTable {
  readonly members: CsvHeader["members"];
  readonly columns: ColumnOptions;
  /** What the reader has found wrong with cells. */
  readonly issues?: readonly InputIssue[] | undefined;
}

/** The row of cells, one a column. */
export const cellsRow = (
  row: number,
  cells: readonly string[],
  { members, columns, issues: given = [] }: RowTable,
): InputRow => {
  if (isHeaderAgain(cells, members, columns))
    return unreadableRow(row, "is the header again: remove this row");
  const typed = rowInput(columnsOf(cells, members, columns));
  const { input, issues } = limitInput(typed.input);
  return rowWithIssues(row, input, [...given, ...typed.issues, ...issues]);
};

const delimiterNames = new Map([
  [",", "comma"],
  [";", "semicolon"],
  ["\t", "tab"],
]);

const numberText = new Intl.NumberFormat("en");

const widthIssue = (
  width: number,
  { delimiter, members }: Pick<CsvHeader, "delimiter" | "members">,
): string => {
  const name = delimiterNames.get(delimiter) ?? `"${delimiter}"`;
  const fix =
    width > members.length
      ? `put a cell that contains a ${name} in straight quotes ("…")`
      : `keep the ${name} of every empty cell, and write each row on one line`;
  return `has ${numberText.format(width)} ${width === 1 ? "cell" : "cells"} where the header has ${members.length}: ${fix}`;
};

const isDigits = (cell = ""): boolean => /^\+?\d+$/.test(cell);

/** Whether the row repeats the names of the columns, as where files were joined. */
const isHeaderAgain = (
  cells: readonly string[],
  members: readonly (string | undefined)[],
  { map }: ColumnOptions,
): boolean => {
  // Most rows are no header, which their ids or their first cell show: no name of a member is a number.
  if (map.size === 0 && members.some((member, column) => member !== undefined && isDigits(cells[column])))
    return false;
  const first = members.findIndex((member) => member !== undefined);
  if (membersOf([cells[first] ?? ""], map)[0] === undefined) return false;
  const named = membersOf(cells, map);
  return members.every((member, column) => member === undefined || named[column] === member);
};

const columnsOf = (
  cells: readonly string[],
  members: readonly (string | undefined)[],
  { fill }: ColumnOptions,
): Record<string, string> => {
  const columns: Record<string, string> = {};
  for (const [index, member] of members.entries()) {
    if (member === undefined) continue;
    const text = plainCell(cells[index] ?? "", { isFreeText: freeTextMembers.has(member) });
    if (text !== "" && !isStandIn(member, text, member in fill)) columns[member] = text;
  }
  return { ...fill, ...columns };
};

/** How many lines the names of a header may take. */
const headerLinesMax = 50;

/**
 * Takes the header off the queue: the first line with content that is not Excel's hint about the delimiter, and the lines
 * after it when quoted names span several.
 *
 * @throws {ImportFileError}
 */
export const takeCsvHeader = async (
  queue: LineQueue,
  columns: ColumnOptions = noColumnOptions,
): Promise<string> => {
  for (;;) {
    const lines = await queue.peek();
    if (lines.length === 0) {
      throw new ImportFileError("The file is empty: begin it with a line that names the columns.");
    }
    const at = lines.findIndex((line) => line === overlongLine || !isNothing(line));
    queue.drop(at === -1 ? lines.length : at);
    const line = lines[at];
    if (line === overlongLine) throw new ImportFileError(`The header ${overlongIssue}.`);
    if (line !== undefined) return await takeFrom(queue, line, columns);
  }
};

const takeFrom = async (queue: LineQueue, line: string, columns: ColumnOptions): Promise<string> => {
  if (line.includes("\0")) {
    throw new ImportFileError(
      "The header holds NUL bytes, so this is not a text file: save it as CSV UTF-8 and import that file.",
    );
  }
  refuseOtherText(line, "csv");
  let text = line;
  let lineCount = 1;
  while (hasOpenQuote(text) && lineCount < headerLinesMax) {
    const next = await queue.lineAt(lineCount);
    if (next === undefined || next === overlongLine) break;
    text += `\n${next}`;
    lineCount += 1;
  }
  const isWhole = lineCount > 1 && !hasOpenQuote(text) && isCsvHeader(text, columns);
  queue.drop(isWhole ? lineCount : 1);
  return isWhole ? text : line;
};

const hasOpenQuote = (text: string): boolean => text.split('"').length % 2 === 0;

/** Whether a line holds only delimiters, as a spreadsheet's empty row does, or is `sep=;`. */
const isNothing = (line: string): boolean => /^[\s,;|]*$/.test(line) || /^\s*"?sep=.?"?[\s,;|]*$/i.test(line);
