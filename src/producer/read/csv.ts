import { requestMembers } from "../../install/request.ts";
import type { InputRow } from "../put/enqueue-rows.ts";
import { nulFault, plainCell, rowInput } from "./csv-cells.ts";
import { type CsvHeader, readCsvHeader } from "./csv-header.ts";
import { type CsvRecord, readCsvRecords } from "./csv-records.ts";
import { ImportFileError } from "./file-error.ts";
import { createLineQueue } from "./line-queue.ts";
import type { FileLine } from "./lines.ts";
import { foldName } from "./names.ts";
import { boundInput, createUnreadableBound, faultyRow, unreadableRow } from "./row-errors.ts";
import { takeCsvHeader } from "./take-csv-header.ts";

const freeTextMembers: ReadonlySet<string> = new Set(["name", "metadata", "channelWebhooks"]);
const oneLineMembers: ReadonlySet<string | undefined> = new Set(
  requestMembers.filter((member) => !freeTextMembers.has(member)),
);

const foldedMembers = new Map(requestMembers.map((member) => [member, foldName(member)]));

/** Reads the rows of a CSV file whose first line names the columns. See {@link readRows}. */
export async function* readCsv(
  blocks: AsyncIterable<readonly FileLine[]>,
  options: { readonly ignoreUnknownColumns: boolean; readonly howToIgnore?: string | undefined },
): AsyncGenerator<InputRow, void, undefined> {
  const queue = createLineQueue(blocks);
  const header = readCsvHeader(await takeCsvHeader(queue), options);
  const { delimiter, members } = header;
  const maySpanLines = (column: number): boolean => !oneLineMembers.has(members[column]);
  const shape = { delimiter, width: members.length, maySpanLines };
  const bounded = createUnreadableBound();
  let row = 0;
  for await (const records of readCsvRecords(queue, shape)) {
    for (const record of records) {
      row += 1;
      yield bounded(toRow(row, record, header));
    }
  }
  if (row === 0) {
    throw new ImportFileError("The file has a header and no rows: add one row for each number to install.");
  }
}

const toRow = (row: number, record: CsvRecord, { delimiter, members }: CsvHeader): InputRow => {
  // Nothing of a row whose cells may have shifted is kept: a token could stand in any of them.
  if (!("cells" in record)) {
    const member = members[record.column ?? -1];
    return unreadableRow(row, record.fault, member === undefined ? "" : `/${member}`);
  }
  const { cells } = record;
  if (cells.length !== members.length) {
    const isBinary = cells.some((cell) => cell.includes("\0"));
    return unreadableRow(row, isBinary ? nulFault : widthFault(cells.length, { delimiter, members }));
  }
  if (isHeaderAgain(cells, members)) return unreadableRow(row, "is the header again: remove this row");
  const typed = rowInput(columnsOf(cells, members));
  const { input, issues } = boundInput(typed.input);
  return faultyRow(row, input, [...typed.issues, ...issues]);
};

const delimiterNames = new Map([
  [",", "comma"],
  [";", "semicolon"],
  ["\t", "tab"],
]);

const numberText = new Intl.NumberFormat("en");

const widthFault = (width: number, { delimiter, members }: CsvHeader): string => {
  const name = delimiterNames.get(delimiter) ?? `"${delimiter}"`;
  const fix =
    width > members.length
      ? `put a cell that contains a ${name} in straight quotes ("…")`
      : `keep the ${name} of every empty cell, and write each row on one line`;
  return `has ${numberText.format(width)} ${width === 1 ? "cell" : "cells"} where the header has ${members.length}: ${fix}`;
};

/** Whether the row repeats the names of the columns, as where files were joined. */
const isHeaderAgain = (cells: readonly string[], members: readonly (string | undefined)[]): boolean =>
  members.every(
    (member, column) => member === undefined || foldName(cells[column] ?? "") === foldedMembers.get(member),
  );

const columnsOf = (
  cells: readonly string[],
  members: readonly (string | undefined)[],
): Record<string, string> => {
  const columns: Record<string, string> = {};
  for (const [index, member] of members.entries()) {
    if (member === undefined) continue;
    const text = plainCell(cells[index] ?? "", { isFreeText: freeTextMembers.has(member) });
    if (text !== "") columns[member] = text;
  }
  return columns;
};
