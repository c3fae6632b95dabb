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
    const records = parseAtOnce(lines, shape.delimiter);
    if (records !== undefined) {
      queue.drop(lines.length);
      yield records.map((cells) => ({ cells: fit(cells, shape.width) })).filter(isFilled);
      continue;
    }
    yield* oneByOne(queue, lines.length, shape);
  }
}

const parseAtOnce = (
  lines: readonly FileLine[],
  delimiter: string,
): readonly (readonly string[])[] | undefined => {
  const texts = lines.filter((line) => line !== overlongLine);
  return texts.length === lines.length ? parseCsvLines(texts.filter(hasContent), delimiter) : undefined;
};

async function* oneByOne(
  queue: LineQueue,
  lineCount: number,
  shape: Shape,
): AsyncGenerator<readonly CsvRecord[]> {
  let left = lineCount;
  while (left > 0) {
    const { record, linesUsed } = await nextRecord(queue, shape);
    queue.drop(linesUsed);
    left -= linesUsed;
    if (isFilled(record)) yield [record];
  }
}

interface TakenRecord {
  readonly record: CsvRecord;
  readonly linesUsed: number;
}

/** The record that the next line begins, and how many lines it takes. */
const nextRecord = async (queue: LineQueue, shape: Shape): Promise<TakenRecord> => {
  const first = (await queue.lineAt(0)) ?? "";
  if (first === overlongLine) {
    return { record: { fault: overlongFault, column: undefined, isOpen: false }, linesUsed: 1 };
  }
  const alone = parseCsvLine(first, shape.delimiter);
  if ("cells" in alone) return { record: { cells: fit(alone.cells, shape.width) }, linesUsed: 1 };
  const closed = alone.isOpen ? await closeRecord(queue, first, shape) : undefined;
  return closed ?? { record: alone, linesUsed: 1 };
};

/** Looks for the line that closes the quote which the first one leaves open; undefined if it is a broken one. */
const closeRecord = async (
  queue: LineQueue,
  first: string,
  { delimiter, width, maySpanLines }: Shape,
): Promise<TakenRecord | undefined> => {
  let text = first;
  for (let offset = 1; offset <= cellLinesMax; offset += 1) {
    const line = await queue.lineAt(offset);
    if (line === undefined || line === overlongLine) return undefined;
    text += `\n${line}`;
    if (text.length > lineCharactersMax) return undefined;
    // Only an odd number of quotes can close what an odd number has opened.
    if (line.split('"').length % 2 === 1) continue;
    const joined = parseCsvLine(text, delimiter);
    if (!("cells" in joined)) return undefined;
    const cells = fit(joined.cells, width);
    const isSound =
      cells.length === width && cells.every((cell, column) => !cell.includes("\n") || maySpanLines(column));
    return isSound ? { record: { cells }, linesUsed: offset + 1 } : undefined;
  }
  return undefined;
};

const hasContent = (line: string): boolean => line.trim() !== "";

const isFilled = (record: CsvRecord): boolean => !("cells" in record) || record.cells.some(hasContent);

const fit = (cells: readonly string[], width: number): readonly string[] =>
  cells.length > width && !cells.slice(width).some(hasContent) ? cells.slice(0, width) : cells;
