import { ImportFileError } from "../errors.ts";
import { lineCharactersMax } from "../lines.ts";
import { type Archive, workbookLimits } from "./archive.ts";
import { createXmlParser } from "./xml.ts";

/** The text of a cell as a person reads it, and why it cannot be the value that was meant. */
export interface SheetCell {
  readonly text: string;
  readonly issue?: string | undefined;
}

/** A row with content. Columns count from 0; cells without content are left out. */
export interface SheetRow {
  /** Its number in the sheet. */
  readonly line: number;
  readonly cells: ReadonlyMap<number, SheetCell>;
  readonly isTooLong: boolean;
}

interface OpenCell {
  readonly column: number;
  readonly type: string;
  readonly isDate: boolean;
  value: string;
  hasValue: boolean;
  hasFormula: boolean;
}

interface SheetDeps {
  readonly sharedStrings: readonly string[];
  readonly dateStyles: ReadonlySet<number>;
}

/**
 * Reads the rows of a sheet as they are unpacked.
 *
 * @throws {ImportFileError} it is damaged, or beyond a limit.
 */
export async function* readSheet(
  archive: Archive,
  part: string,
  deps: SheetDeps,
): AsyncGenerator<readonly SheetRow[]> {
  if (!archive.has(part))
    throw new ImportFileError("The workbook is damaged: save it again in a spreadsheet.");
  let rows: SheetRow[] = [];
  const parser = createSheetParser(deps, (row) => rows.push(row));
  for await (const text of archive.read(part, workbookLimits.sheetBytes)) {
    parser.write(text);
    if (rows.length > 0) yield rows;
    rows = [];
  }
  parser.end();
}

const createSheetParser = (deps: SheetDeps, onRow: (row: SheetRow) => void) => {
  let line = 0;
  let column = -1;
  let cells = new Map<number, SheetCell>();
  let characters = 0;
  let cell: OpenCell | undefined;
  let isText = false;
  let readings = 0;

  const openCell = ({ r = "", t = "n", s = "" }: Readonly<Record<string, string>>): void => {
    column = columnOf(r) ?? column + 1;
    const isDate = t === "d" || (t === "n" && s !== "" && deps.dateStyles.has(Number(s)));
    cell = { column, type: t, isDate, value: "", hasValue: false, hasFormula: false };
  };
  const closeCell = (): void => {
    const read = cell && cellOf(cell, deps.sharedStrings);
    if (cell !== undefined && read !== undefined) {
      if (cell.column >= workbookLimits.columns)
        throw new ImportFileError(
          `The sheet has more than ${workbookLimits.columns.toLocaleString("en")} columns, which is the limit: remove those that are not needed, or save the needed ones as CSV UTF-8.`,
        );
      characters += read.text.length;
      if (characters <= lineCharactersMax) cells.set(cell.column, read);
    }
    cell = undefined;
  };
  const openRow = ({ r = "" }: Readonly<Record<string, string>>): void => {
    line = /^\d{1,7}$/.test(r) ? Number(r) : line + 1;
    if (line > workbookLimits.rows)
      throw new ImportFileError("The workbook is damaged: save it again in a spreadsheet.");
    [column, cells, characters] = [-1, new Map(), 0];
  };
  const closeRow = (): void => {
    if (cells.size > 0) onRow({ line, cells, isTooLong: characters > lineCharactersMax });
  };

  return createXmlParser({
    open: (name, attributes) => {
      if (name === "row") openRow(attributes);
      else if (name === "c") openCell(attributes);
      else if (name === "rPh") readings += 1;
      else if (cell === undefined) return;
      else if (name === "f") cell.hasFormula = true;
      else if (name === "v" || name === "t") {
        isText = readings === 0;
        cell.hasValue = true;
      }
    },
    text: (text) => {
      if (isText && cell !== undefined && cell.value.length <= lineCharactersMax) cell.value += text;
    },
    close: (name) => {
      if (name === "v" || name === "t") isText = false;
      else if (name === "rPh") readings -= 1;
      else if (name === "c") closeCell();
      else if (name === "row") closeRow();
    },
  });
};

/** The column of a reference such as `AB12`, from 0. */
export const columnOf = (reference: string): number | undefined => {
  const letters = /^[A-Z]{1,3}/.exec(reference)?.[0];
  if (letters === undefined) return undefined;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
};

const noResult =
  "is a formula that was saved without its result: open and save the file in a spreadsheet, or paste the values";
const aDate = "was turned into a date by a spreadsheet: format the column as text and write the value again";
const digitsLost =
  "is a number, of which a spreadsheet keeps fifteen digits: format the column as text and paste the value again";

/** What a cell holds; undefined for an empty one. */
const cellOf = (
  { type, isDate, value, hasValue, hasFormula }: OpenCell,
  sharedStrings: readonly string[],
): SheetCell | undefined => {
  if (hasFormula && !hasValue) return { text: "?", issue: noResult };
  if (!hasValue || value === "") return undefined;
  if (type === "s") return textCell(sharedStrings[Number(value)] ?? "");
  if (type === "b") return { text: value.trim() === "1" ? "true" : "false" };
  if (type === "n" || type === "d") return isDate ? { text: value, issue: aDate } : numberCell(value.trim());
  return textCell(value);
};

/** Characters that XML cannot hold are written as `_x000D_`. */
const textCell = (text: string): SheetCell | undefined => {
  const plain = text.replaceAll(/_x([0-9A-Fa-f]{4})_/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  return plain.trim() === "" ? undefined : { text: plain };
};

const numberCell = (value: string): SheetCell => {
  const number = Number(value);
  if (!Number.isFinite(number)) return { text: value };
  const text = Number.isInteger(number) ? BigInt(number).toString() : String(number);
  return text.replace("-", "").length > 15 && Number.isInteger(number)
    ? { text, issue: digitsLost }
    : { text };
};
