import { type CsvFault, readCsvCells } from "./csv-cells.ts";

/** A record's cells, or the broken quote in it and the column where it is, counted from 0. */
export type CsvRecord =
  | { readonly cells: readonly string[] }
  | { readonly fault: string; readonly column: number | undefined; readonly isOpen: boolean };

/** Reads one record; one that spans lines has them joined by LF. */
export const parseCsvLine = (text: string, delimiter: string): CsvRecord => {
  const read = readCsvCells(text, delimiter);
  if ("cells" in read) return read;
  const plain = text.includes('="') ? readCsvCells(withoutFormulas(text, delimiter), delimiter) : read;
  return "cells" in plain ? plain : { ...plain, fault: faultText(plain) };
};

/** Nothing of the text is quoted, because the cell may be a token. */
const faultText = ({ isOpen }: CsvFault): string =>
  isOpen
    ? "has a quote that is never closed: close it, and double every quote inside the cell"
    : "has a quote in the middle of a cell: put the whole cell in quotes and double the quotes inside it";

/** Turns cells like `="0049"`, by which programs make a spreadsheet keep digits, into `"0049"`. */
const withoutFormulas = (text: string, delimiter: string): string => {
  const edge = delimiter === "\t" ? "\\t" : `[${delimiter}]`;
  return text.replaceAll(new RegExp(`(?<=^|${edge}) *=("[^"\n]*") *(?=${edge}|$)`, "gm"), "$1");
};

/** Reads many lines at once, or gives undefined unless each is one sound record. */
export const parseCsvLines = (
  lines: readonly string[],
  delimiter: string,
): readonly (readonly string[])[] | undefined => {
  const records: (readonly string[])[] = [];
  for (const line of lines) {
    const read = readCsvCells(line, delimiter);
    if (!("cells" in read)) return undefined;
    records.push(read.cells);
  }
  return records;
};
