import { type CsvRecord, parseCsvLine, parseCsvLines } from "./csv-line.ts";
import type { LineQueue } from "./line-queue.ts";
import { type FileLine, lineCharactersMax, overlongFault, overlongLine } from "./read-lines.ts";

interface Shape {
  readonly delimiter: string;
  /** The number of columns; cells beyond it that are empty are dropped. */
  readonly width: number;
  /** Whether a cell of the column may hold line ends; elsewhere they come of a broken quote. */
  readonly maySpanLines: (column: number) => boolean;
}

/** How far the end of a cell that spans lines is looked for. */
const cellLinesMax = 200;

/**
 * Reads CSV records (RFC 4180), in blocks as they arrive. A quote that is broken costs its own line alone: the lines after it are read
 * as if it were not there. Lines without any content are left out.
 */
export async function* readCsvRecords(queue: LineQueue, shape: Shape): AsyncGenerator<readonly CsvRecord[]> {
  for (;;) {
    const lines = await queue.peek();
    if (lines.length === 0) return;
    const records = parseAtOnce(lines, shape);
    if (records !== undefined) queue.drop(lines.length);
    yield (records ?? (await oneByOne(queue, lines, shape))).filter(isFilled);
  }
}

const parseAtOnce = (lines: readonly FileLine[], shape: Shape): readonly CsvRecord[] | undefined => {
  const texts = lines.filter((line) => line !== overlongLine);
  if (texts.length !== lines.length) return undefined;
  const records = parseCsvLines(texts.filter(hasContent), shape.delimiter);
  return records?.map((cells) => ({ cells: fit(cells, shape.width) }));
};

/** Takes lines that hold a broken quote, a cell that spans lines or an overlong line off the queue. */
const oneByOne = async (
  queue: LineQueue,
  lines: readonly FileLine[],
  shape: Shape,
): Promise<readonly CsvRecord[]> => {
  const records: CsvRecord[] = [];
  let used = 0;
  for (let line = lines[used]; line !== undefined; line = lines[used]) {
    const alone = readAlone(line, shape);
    const isOpen = !("cells" in alone) && alone.isOpen;
    const closed =
      isOpen && line !== overlongLine ? await closeRecord(queue, { text: line, at: used }, shape) : undefined;
    records.push(closed?.record ?? alone);
    used += closed?.linesUsed ?? 1;
  }
  queue.drop(used);
  return records;
};

const readAlone = (line: FileLine, { delimiter, width }: Shape): CsvRecord => {
  if (line === overlongLine) return { fault: overlongFault, column: undefined, isOpen: false };
  const read = parseCsvLine(line, delimiter);
  return "cells" in read ? { cells: fit(read.cells, width) } : read;
};

/** Looks for the line that closes the quote which the first one leaves open; undefined if it is a broken one. */
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
