import { type CsvRecord, parseCsvLine, parseCsvLines } from "./csv-line.ts";
import type { LineQueue } from "./line-queue.ts";

interface Shape {
  readonly delimiter: string;
  /** The number of columns; cells beyond it that are empty are dropped. */
  readonly width: number;
  /** Whether a cell of the column may hold line ends; elsewhere they come of a broken quote. */
  readonly maySpanLines: (column: number) => boolean;
}

/** How far the end of a cell that spans lines is looked for. */
const cellLinesMax = 200;
const cellCharactersMax = 1_048_576;

/**
 * Reads CSV records (RFC 4180). A quote that is broken costs its own line alone: the lines after it are read
 * as if it were not there. Lines without any content are left out.
 */
export async function* readCsvRecords(queue: LineQueue, shape: Shape): AsyncGenerator<CsvRecord> {
  for (;;) {
    const lines = await queue.peek();
    if (lines.length === 0) return;
    const records = parseCsvLines(lines.filter(hasContent), shape.delimiter);
    if (records !== undefined) {
      queue.drop(lines.length);
      yield* records.map((cells) => ({ cells: fit(cells, shape.width) })).filter(isFilled);
      continue;
    }
    yield* oneByOne(queue, lines.length, shape);
  }
}

async function* oneByOne(queue: LineQueue, lineCount: number, shape: Shape): AsyncGenerator<CsvRecord> {
  let left = lineCount;
  while (left > 0) {
    const { record, linesUsed } = await takeRecord(queue, shape);
    left -= linesUsed;
    if (isFilled(record)) yield record;
  }
}

const takeRecord = async (
  queue: LineQueue,
  { delimiter, width, maySpanLines }: Shape,
): Promise<{ readonly record: CsvRecord; readonly linesUsed: number }> => {
  const first = (await queue.next()) ?? "";
  const alone = parseCsvLine(first, delimiter);
  if ("cells" in alone) return { record: { cells: fit(alone.cells, width) }, linesUsed: 1 };
  if (!alone.isOpen) return { record: alone, linesUsed: 1 };
  const following: string[] = [];
  let text = first;
  while (following.length < cellLinesMax && text.length < cellCharactersMax) {
    const line = await queue.next();
    if (line === undefined) break;
    following.push(line);
    text += `\n${line}`;
    // Only an odd number of quotes can close what an odd number has opened.
    if (line.split('"').length % 2 === 1) continue;
    const joined = parseCsvLine(text, delimiter);
    if (!("cells" in joined)) break;
    const cells = fit(joined.cells, width);
    if (cells.length !== width || cells.some((cell, column) => cell.includes("\n") && !maySpanLines(column)))
      break;
    return { record: { cells }, linesUsed: following.length + 1 };
  }
  queue.putBack(following);
  return { record: alone, linesUsed: 1 };
};

const hasContent = (line: string): boolean => line.trim() !== "";

const isFilled = (record: CsvRecord): boolean => !("cells" in record) || record.cells.some(hasContent);

const fit = (cells: readonly string[], width: number): readonly string[] =>
  cells.length > width && !cells.slice(width).some(hasContent) ? cells.slice(0, width) : cells;
