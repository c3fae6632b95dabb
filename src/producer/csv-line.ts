import { CsvError, parse } from "csv-parse/sync";

/** A record's cells, or the broken quote in it and the column where it is, counted from 0. */
export type CsvRecord =
  | { readonly cells: readonly string[] }
  | { readonly fault: string; readonly column: number | undefined; readonly isOpen: boolean };

const optionsFor = (delimiter: string) => ({
  delimiter,
  record_delimiter: "\n",
  trim: true,
  relax_column_count: true,
});

/** Reads one record; one that spans lines has them joined by LF. */
export const parseCsvLine = (text: string, delimiter: string): CsvRecord => {
  try {
    const [cells = []] = parse(text, optionsFor(delimiter));
    return { cells };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const plain = withoutFormulas(text, delimiter);
    if (plain !== text) return parseCsvLine(plain, delimiter);
    // The error's own message quotes the cell, which may be a token.
    const isOpen = error.code === "CSV_QUOTE_NOT_CLOSED";
    return {
      isOpen,
      column: typeof error.column === "number" ? error.column : undefined,
      fault: isOpen
        ? "has a quote that is never closed: close it, and double every quote inside the cell"
        : "has a quote in the middle of a cell: put the whole cell in quotes and double the quotes inside it",
    };
  }
};

/** Turns cells like `="0049"`, by which programs make a spreadsheet keep digits, into `"0049"`. */
const withoutFormulas = (text: string, delimiter: string): string => {
  const edge = delimiter === "\t" ? "\\t" : `[${delimiter}]`;
  return text.replaceAll(new RegExp(`(?<=^|${edge}) *=("[^"\n]*") *(?=${edge}|$)`, "gm"), "$1");
};

/**
 * Reads many lines at once, or gives undefined unless each is one sound record. Those without quotes, most in
 * most files, are only split, which takes a tenth of the time and the memory.
 */
export const parseCsvLines = (
  lines: readonly string[],
  delimiter: string,
): readonly (readonly string[])[] | undefined => {
  const quoted = parseAll(lines.filter(hasQuote), delimiter)?.values();
  return (
    quoted && lines.map((line) => (hasQuote(line) ? (quoted.next().value ?? []) : split(line, delimiter)))
  );
};

const hasQuote = (line: string): boolean => line.includes('"');

const split = (line: string, delimiter: string): readonly string[] =>
  line.split(delimiter).map((cell) => cell.trim());

const parseAll = (
  lines: readonly string[],
  delimiter: string,
): readonly (readonly string[])[] | undefined => {
  if (lines.length === 0) return [];
  try {
    const records = parse(lines.join("\n"), optionsFor(delimiter));
    return records.length === lines.length ? records : undefined;
  } catch (error) {
    if (error instanceof CsvError) return undefined;
    throw error;
  }
};
