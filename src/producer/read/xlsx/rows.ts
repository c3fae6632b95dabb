import type { InputRow } from "../../put/enqueue-rows.ts";
import { noColumnOptions } from "../column-options.ts";
import { cellsRow, fileOf, type TableOptions } from "../csv.ts";
import { areNames, noNames, readNames } from "../csv-header.ts";
import { createUnreadableLimit, ImportFileError, unreadableRow } from "../errors.ts";
import { howToInCommand } from "../how-to.ts";
import { overlongIssue } from "../lines.ts";
import { type Archive, openArchive } from "./archive.ts";
import { readSheet, type SheetCell, type SheetRow } from "./sheet.ts";
import { chooseSheet, readDateStyles, readSharedStrings, readSheets } from "./workbook.ts";

export interface XlsxOptions extends TableOptions {
  /** Name of the sheet; default: the first that is not hidden. */
  readonly sheet?: string | undefined;
}

type Members = readonly (string | undefined)[];

/** Reads the rows of a sheet of an Excel workbook, whose first row with content names the columns. See `readRows`. */
export async function* readXlsx(
  chunks: AsyncIterable<Uint8Array>,
  options: XlsxOptions,
): AsyncGenerator<InputRow, void, undefined> {
  const archive = await openArchive(chunks);
  try {
    yield* readBook(archive, options);
  } finally {
    archive.close();
  }
}

async function* readBook(archive: Archive, options: XlsxOptions): AsyncGenerator<InputRow, void, undefined> {
  const { columns = noColumnOptions, howTo = howToInCommand } = options;
  const { sheet, notes } = chooseSheet(await readSheets(archive), { name: options.sheet, how: howTo.sheet });
  const deps = { sharedStrings: await readSharedStrings(archive), dateStyles: await readDateStyles(archive) };
  const limited = createUnreadableLimit();
  let members: Members | undefined;
  let row = 0;
  for await (const rows of readSheet(archive, sheet.part, deps)) {
    for (const read of rows) {
      if (members === undefined) {
        members = readHeader(read, options);
        const file = fileOf({ members }, options);
        options.onFile?.({ ...file, notes: [...notes, ...(file.notes ?? [])] });
        continue;
      }
      row += 1;
      yield limited({ ...toRow(row, read, { members, columns }), line: read.line });
    }
  }
  if (row > 0) return;
  throw new ImportFileError(
    members === undefined
      ? `The sheet "${sheet.name.slice(0, 40)}" is empty: begin it with a row that names the columns, or read another with ${howTo.sheet}.`
      : "The file has a header and no rows: add one row for each number to install.",
  );
}

/** @throws {ImportFileError} */
const readHeader = ({ cells }: SheetRow, options: XlsxOptions): Members => {
  const last = Math.max(...cells.keys());
  const names = Array.from({ length: last + 1 }, (_, column) => cells.get(column)?.text.trim() ?? "");
  const { map } = options.columns ?? noColumnOptions;
  if (!areNames(names, map)) throw new ImportFileError(noNames("(one cell each)"));
  return readNames(names, options);
};

const toRow = (
  row: number,
  { cells, isTooLong }: SheetRow,
  table: { readonly members: Members; readonly columns: NonNullable<TableOptions["columns"]> },
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
  const issues = members.flatMap((member, column) => issuesOf(member, cells.get(column)));
  return cellsRow(row, texts, { ...table, issues });
};

const issuesOf = (member: string | undefined, cell: SheetCell | undefined) =>
  member === undefined || cell?.issue === undefined ? [] : [{ path: `/${member}`, message: cell.issue }];
