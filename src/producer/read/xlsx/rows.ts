import type { InputRow } from "../../put/enqueue-rows.ts";
import { noColumnOptions } from "../column-options.ts";
import { cellsRow, fileOf, type TableOptions } from "../csv.ts";
import { areNames, type CsvHeader, noNames, readNames } from "../csv-header.ts";
import { detectColumns } from "../detected-file.ts";
import { createUnreadableLimit, ImportFileError, unreadableRow } from "../errors.ts";
import { howToInCommand } from "../how-to.ts";
import { overlongIssue } from "../lines.ts";
import { type Archive, openArchive } from "./archive.ts";
import { cellName, type MergedCells, readMergedCells } from "./merged-cells.ts";
import { readSheet, type SheetRow } from "./sheet.ts";
import { chooseSheet, readDateStyles, readSharedStrings, readSheets } from "./workbook.ts";

export interface XlsxOptions extends TableOptions {
  /** Name of the sheet; default: the first that is not hidden. */
  readonly sheet?: string | undefined;
  /** The file's size, where it is known before it is read. */
  readonly fileBytes?: number | undefined;
}

type Header = Pick<CsvHeader, "members" | "headings">;

/** Reads the rows of a sheet of an Excel workbook, whose first row with content names the columns. See `readRows`. */
export async function* readXlsx(
  chunks: AsyncIterable<Uint8Array>,
  options: XlsxOptions,
): AsyncGenerator<InputRow, void, undefined> {
  const archive = await openArchive(chunks, options);
  try {
    yield* readBook(archive, options);
  } finally {
    archive.close();
  }
}

async function* readBook(archive: Archive, options: XlsxOptions): AsyncGenerator<InputRow, void, undefined> {
  const { columns = noColumnOptions, howTo = howToInCommand } = options;
  const sheets = await readSheets(archive);
  options.onDetected?.({ sheets: sheets.map(({ name, isHidden }) => ({ name, isHidden })) });
  const { sheet, notes } = chooseSheet(sheets, { name: options.sheet, how: howTo.sheet });
  options.onDetected?.({ sheet: sheet.name });
  const deps = { sharedStrings: await readSharedStrings(archive), dateStyles: await readDateStyles(archive) };
  const merged = await readMergedCells(archive, sheet.part);
  const limited = createUnreadableLimit();
  let header: Header | undefined;
  let row = 0;
  for await (const rows of readSheet(archive, sheet.part, deps)) {
    for (const read of rows) {
      if (header === undefined) {
        header = withNotes(notes, () => readHeader(read, merged, options));
        const file = fileOf(header, options);
        options.onFile?.({ ...file, notes: [...notes, ...(file.notes ?? [])] });
        continue;
      }
      row += 1;
      yield limited({ ...toRow(row, read, { members: header.members, columns, merged }), line: read.line });
    }
  }
  if (row > 0) return;
  withNotes(notes, () => {
    throw new ImportFileError(
      header === undefined
        ? `The sheet "${sheet.name.slice(0, 40)}" is empty: begin it with a row that names the columns, or read another with ${howTo.sheet}.`
        : "The file has a header and no rows: add one row for each number to install.",
    );
  });
}

/** Adds to the error which sheet was read where others could be meant: notes of a refused file are not shown. */
const withNotes = <Value>(notes: readonly string[], read: () => Value): Value => {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof ImportFileError) || notes.length === 0) throw cause;
    throw new ImportFileError([cause.message, ...notes].join(" "), { cause, refusesAll: cause.refusesAll });
  }
};

const unmerge = "unmerge them (in Excel switch Merge & Center off)";

/** @throws {ImportFileError} */
const readHeader = ({ line, cells }: SheetRow, merged: MergedCells, options: XlsxOptions): Header => {
  const last = Math.max(...cells.keys());
  const names = Array.from({ length: last + 1 }, (_, column) => cells.get(column)?.text.trim() ?? "");
  const { map } = options.columns ?? noColumnOptions;
  options.onDetected?.({ columns: [...detectColumns(names, map)] });
  if (!areNames(names, map)) {
    if (cells.size === 1 && merged.mergedWith(line, last + 1) !== undefined)
      throw new ImportFileError(
        `The first row is a title over merged cells (${cellName(line, last)}): delete it, so that the first row names the columns.`,
      );
    throw new ImportFileError(noNames("(one cell each)"));
  }
  const covered = names.findIndex(
    (name, column) => name === "" && merged.mergedWith(line, column) !== undefined,
  );
  if (covered !== -1 && !options.ignoreUnknownColumns)
    throw new ImportFileError(
      `The header has cell ${cellName(line, covered)} merged with ${merged.mergedWith(line, covered)}: ${unmerge} and name each column, or delete the column without a name.`,
    );
  return readNames(names, options);
};

const toRow = (
  row: number,
  { line, cells, isTooLong }: SheetRow,
  {
    merged,
    ...table
  }: {
    readonly members: Header["members"];
    readonly columns: NonNullable<TableOptions["columns"]>;
    readonly merged: MergedCells;
  },
): InputRow => {
  if (isTooLong) return unreadableRow(row, overlongIssue);
  const { members } = table;
  const beyond = [...cells.keys()].filter((column) => column >= members.length).length;
  if (beyond > 0)
    return unreadableRow(
      row,
      "has a cell to the right of the last column that the header names: name that column or empty the cell",
    );
  const texts = members.map((_, column) => cells.get(column)?.text ?? "");
  const issues = members.flatMap((member, column) => {
    if (member === undefined) return [];
    const first = merged.mergedWith(line, column);
    const message =
      first === undefined ? cells.get(column)?.issue : mergedIssue(cellName(line, column), first);
    return message === undefined ? [] : [{ path: `/${member}`, message }];
  });
  return cellsRow(row, texts, { ...table, issues });
};

/** Also where the covered cell has a text: the spreadsheet does not show it. */
const mergedIssue = (name: string, first: string): string =>
  `is in cell ${name}, which is merged with ${first}: ${unmerge} and fill the value into every cell`;
