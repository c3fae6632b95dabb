import { type FileLine, type LineQueue, lineCharactersMax, overlongIssue, overlongLine } from "./lines.ts";

interface Shape {
  readonly delimiter: string;
  /** The number of columns; empty cells beyond it are dropped. */
  readonly width: number;
  /** Whether a cell of the column may hold line ends; elsewhere they come from a broken quote. */
  readonly maySpanLines: (column: number) => boolean;
}

/** How many lines a cell may span. */
const cellLinesMax = 200;

/**
 * Reads CSV records (RFC 4180), in blocks as they arrive. A broken quote costs only its own line: the lines after it are
 * read as if it were absent. Lines without content are skipped.
 */
export async function* readCsvRecords(queue: LineQueue, shape: Shape): AsyncGenerator<readonly LineRecord[]> {
  for (;;) {
    const lines = await queue.peek();
    if (lines.length === 0) return;
    const firstLine = queue.taken() + 1;
    const records = parseAtOnce(lines, shape, firstLine);
    if (records !== undefined) queue.drop(lines.length);
    yield (records ?? (await oneByOne(queue, lines, shape))).filter(isFilled);
  }
}

/** Reads many lines at once; undefined unless each is one well-formed record. */
const parseAtOnce = (
  lines: readonly FileLine[],
  { delimiter, width }: Shape,
  firstLine: number,
): readonly LineRecord[] | undefined => {
  const records: LineRecord[] = [];
  for (const [index, text] of lines.entries()) {
    if (text === overlongLine) return undefined;
    if (!hasContent(text)) continue;
    const read = readCsvCells(text, delimiter);
    if (!("cells" in read)) return undefined;
    records.push({ cells: fit(read.cells, width), line: firstLine + index });
  }
  return records;
};

/** Takes lines with a broken quote, a cell that spans lines or an overlong line off the queue. */
const oneByOne = async (
  queue: LineQueue,
  lines: readonly FileLine[],
  shape: Shape,
): Promise<readonly LineRecord[]> => {
  const records: LineRecord[] = [];
  const firstLine = queue.taken() + 1;
  let used = 0;
  for (let line = lines[used]; line !== undefined; line = lines[used]) {
    const alone = readAlone(line, shape);
    const isOpen = !("cells" in alone) && alone.isOpen;
    const closed =
      isOpen && line !== overlongLine ? await closeRecord(queue, { text: line, at: used }, shape) : undefined;
    records.push({ ...(closed?.record ?? alone), line: firstLine + used });
    used += closed?.linesUsed ?? 1;
  }
  queue.drop(used);
  return records;
};

const readAlone = (line: FileLine, { delimiter, width }: Shape): CsvRecord => {
  if (line === overlongLine) return { issue: overlongIssue, column: undefined, isOpen: false };
  const read = parseCsvLine(line, delimiter);
  return "cells" in read ? { cells: fit(read.cells, width) } : read;
};

/** Finds the line that closes the quote opened in the first; undefined if that quote is broken. */
const closeRecord = async (
  queue: LineQueue,
  first: { readonly text: string; readonly at: number },
  { delimiter, width, maySpanLines }: Shape,
): Promise<{ readonly record: CsvRecord; readonly linesUsed: number } | undefined> => {
  let { text } = first;
  for (let offset = 1; offset <= cellLinesMax; offset += 1) {
    const line = await queue.lineAt(first.at + offset);
    if (line === undefined || line === overlongLine) return undefined;
    text += `\n${line}`;
    if (text.length > lineCharactersMax) return undefined;
    // Only an odd number of quotes can close what an odd number has opened.
    if (!hasOddQuotes(line)) continue;
    const joined = parseCsvLine(text, delimiter);
    if (!("cells" in joined)) return undefined;
    const cells = fit(joined.cells, width);
    const isSound =
      cells.length === width && cells.every((cell, column) => !cell.includes("\n") || maySpanLines(column));
    return isSound ? { record: { cells }, linesUsed: offset + 1 } : undefined;
  }
  return undefined;
};

const hasOddQuotes = (line: string): boolean => line.includes('"') && line.split('"').length % 2 === 0;

const hasContent = (line: string): boolean => line.trim() !== "";

const isFilled = (record: CsvRecord): boolean => !("cells" in record) || record.cells.some(hasContent);

const fit = (cells: readonly string[], width: number): readonly string[] =>
  cells.length > width && !cells.slice(width).some(hasContent) ? cells.slice(0, width) : cells;

/** A record's cells, or the broken quote in it and the column where it is, counted from 0. */
export type CsvRecord =
  | { readonly cells: readonly string[] }
  | { readonly issue: string; readonly column: number | undefined; readonly isOpen: boolean };

/** A record and the line of the file on which it begins, from 1. */
export type LineRecord = CsvRecord & { readonly line: number };

/** Reads one record; one that spans lines has them joined by LF. */
export const parseCsvLine = (text: string, delimiter: string): CsvRecord => {
  const read = readCsvCells(text, delimiter);
  if ("cells" in read) return read;
  const plain = text.includes('="') ? readCsvCells(withoutFormulas(text, delimiter), delimiter) : read;
  return "cells" in plain ? plain : { ...plain, issue: issueText(plain) };
};

/** The message repeats nothing of the text, because the cell may be a token. */
const issueText = ({ isOpen }: BrokenQuote): string =>
  isOpen
    ? "has a quote that is never closed: close it, and double every quote inside the cell"
    : "has a quote in the middle of a cell: put the whole cell in quotes and double the quotes inside it";

/** Turns cells like `="0049"`, by which programs make a spreadsheet keep digits, into `"0049"`. */
const withoutFormulas = (text: string, delimiter: string): string => {
  const edge = delimiter === "\t" ? "\\t" : `[${delimiter}]`;
  return text.replaceAll(new RegExp(`(?<=^|${edge}) *=("[^"\n]*") *(?=${edge}|$)`, "gm"), "$1");
};

/** A broken quote, and the column where it is, counted from 0. */
interface BrokenQuote {
  readonly column: number;
  /** Whether the text ended inside quotes; otherwise a quote is where none may be. */
  readonly isOpen: boolean;
}

/**
 * Splits one record into its cells (RFC 4180) in linear time, also when a quote is broken. White space around cells and
 * around their quotes is dropped; an LF outside quotes ends the record.
 */
export const readCsvCells = (
  text: string,
  delimiter: string,
): { readonly cells: readonly string[] } | BrokenQuote => {
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
