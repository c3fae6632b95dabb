import { rowOf, workbookOf } from "../../support/workbook.ts";
import { header, line } from "./read-harness.ts";

/** Columns of the test sheets. */
export const names = header.split(",");

/** Cells of a good row, by its number, with what is changed in it. */
export const cellsOf = (number: number, change: Readonly<Record<string, string>> = {}): string[] =>
  line(number)
    .split(",")
    .map((cell, column) => change[names[column] ?? ""] ?? cell);

/** The header and rows as XML. */
export const rows = (...given: readonly (readonly string[])[]): string =>
  [names, ...given].map((cells) => rowOf(cells)).join("");

/** A workbook of one sheet. */
export const one = (rowsXml: string, others = {}): Promise<Buffer> =>
  workbookOf([{ name: "Sheet1", rows: rowsXml }], others);
