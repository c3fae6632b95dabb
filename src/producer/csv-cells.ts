/** A broken quote, and the column where it is, counted from 0. */
export interface CsvFault {
  readonly column: number;
  /** Whether the text ended inside quotes; else a quote stands where none may. */
  readonly isOpen: boolean;
}

/**
 * Splits one record into its cells (RFC 4180), in time that grows with its length alone, also when a quote is broken.
 * White space around cells and around their quotes does not count; an LF outside quotes ends the record.
 */
export const readCsvCells = (
  text: string,
  delimiter: string,
): { readonly cells: readonly string[] } | CsvFault => {
  if (!text.includes('"') && !text.includes("\n")) return { cells: plainCells(text, delimiter) };
  const cells: string[] = [];
  let at = 0;
  for (;;) {
    const start = skipSpace(text, at, delimiter);
    const cell =
      text[start] === '"' ? quotedCell(text, start, delimiter) : unquotedCell(text, start, delimiter);
    if ("isOpen" in cell) return { column: cells.length, isOpen: cell.isOpen };
    cells.push(cell.value);
    if (text[cell.end] !== delimiter) break;
    at = cell.end + 1;
  }
  return { cells: cells.length === 1 && text.trim() === "" ? [] : cells };
};

const plainCells = (text: string, delimiter: string): readonly string[] =>
  text.trim() === "" && !text.includes(delimiter) ? [] : text.split(delimiter).map((cell) => cell.trim());

type Cell = { readonly value: string; readonly end: number } | { readonly isOpen: boolean };

const unquotedCell = (text: string, start: number, delimiter: string): Cell => {
  const next = text.indexOf(delimiter, start);
  const line = text.slice(start, next === -1 ? text.length : next);
  const lineEnd = line.indexOf("\n");
  const value = lineEnd === -1 ? line : line.slice(0, lineEnd);
  return value.includes('"') ? { isOpen: false } : { value: value.trimEnd(), end: start + value.length };
};

/** The cell whose quotes begin at `start`. */
const quotedCell = (text: string, start: number, delimiter: string): Cell => {
  const close = closingQuote(text, start + 1);
  if (close === undefined) return { isOpen: true };
  const end = skipSpace(text, close + 1, delimiter);
  if (!isEnd(text, end, delimiter)) return { isOpen: false };
  return { value: text.slice(start + 1, close).replaceAll('""', '"'), end };
};

/** The first quote that is not doubled. */
const closingQuote = (text: string, from: number): number | undefined => {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at;
  }
  return undefined;
};

const skipSpace = (text: string, from: number, delimiter: string): number => {
  let at = from;
  while (!isEnd(text, at, delimiter) && text[at]?.trim() === "") at += 1;
  return at;
};

const isEnd = (text: string, at: number, delimiter: string): boolean =>
  at >= text.length || text[at] === delimiter || text[at] === "\n";
