import { type Archive, workbookLimits } from "./archive.ts";
import { columnOf } from "./sheet.ts";

/** Which cells of a sheet belong to a merged one, and so have no value of their own. */
export interface MergedCells {
  /**
   * The first cell of the merged range that the cell is in, unless it is the first itself. Rows are asked for in order.
   *
   * @param line Counts from 1.
   * @param column Counts from 0.
   */
  mergedWith(line: number, column: number): string | undefined;
}

interface Range {
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/** Ranges beyond these are not told apart from empty cells. */
const rangesMax = 65_536;
/** Far more than there are columns that are read. */
const columnsMax = 200;

/** A sheet lists its merged ranges after its rows, so this unpacks it once before they are read; it parses only the end. */
export const readMergedCells = async (archive: Archive, part: string): Promise<MergedCells> => {
  const ranges: Range[] = [];
  for await (const reference of references(archive.read(part, workbookLimits.sheetBytes))) {
    const range = rangeOf(reference);
    if (range !== undefined && range.left < columnsMax) ranges.push(range);
    if (ranges.length === rangesMax) break;
  }
  return createMergedCells(ranges.sort((one, other) => one.top - other.top));
};

/** Ranges do not overlap in a sheet, so that each column is in one at most on a line. */
const createMergedCells = (ranges: readonly Range[]): MergedCells => {
  const open: (Range | undefined)[] = [];
  let next = 0;
  const openUntil = (line: number): void => {
    for (let range = ranges[next]; range !== undefined && range.top <= line; range = ranges[next]) {
      open.fill(range, range.left, range.right + 1);
      next += 1;
    }
  };
  open.length = columnsMax;
  return {
    mergedWith: (line, column) => {
      openUntil(line);
      const range = open[column];
      if (range === undefined || line < range.top || line > range.bottom) return undefined;
      return line === range.top && column === range.left ? undefined : cellName(range.top, range.left);
    },
  };
};

const endOfRows = /<(?:\/(?:[\w.-]+:)?sheetData\s*|(?:[\w.-]+:)?sheetData\s*\/)>/;
const mergeTag = /<(?:[\w.-]+:)?mergeCell\s[^<>]*?\bref\s*=\s*["']([A-Za-z0-9:$]{3,24})["']/g;
/** Longer than any tag that is looked for. */
const tagCharactersMax = 256;

async function* references(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let held = "";
  let areRowsOver = false;
  for await (const text of texts) {
    let known = held + text;
    if (!areRowsOver) {
      const end = known.includes("sheetData") ? endOfRows.exec(known) : null;
      areRowsOver = end !== null;
      known = end === null ? known : known.slice(end.index + end[0].length);
    }
    if (areRowsOver) for (const [, reference = ""] of known.matchAll(mergeTag)) yield reference;
    held = unfinishedTag(known);
  }
}

/** The tag that begins at the end of a text and goes on in the next. */
const unfinishedTag = (text: string): string => {
  const end = text.slice(-tagCharactersMax);
  const start = end.lastIndexOf("<");
  return start === -1 || end.includes(">", start) ? "" : end.slice(start);
};

const rangeOf = (reference: string): Range | undefined => {
  const [first = "", last = ""] = reference.replaceAll("$", "").toUpperCase().split(":");
  const [left, right] = [columnOf(first), columnOf(last)];
  const [top, bottom] = [first, last].map((cell) => Number(/\d{1,7}$/.exec(cell)?.[0] ?? 0));
  if (left === undefined || right === undefined || !top || !bottom) return undefined;
  return { top, left, bottom, right: Math.min(right, columnsMax - 1) };
};

/** The name of a cell, such as `AB12`. */
export const cellName = (line: number, column: number): string => {
  let letters = "";
  for (let rest = column; rest >= 0; rest = Math.floor(rest / 26) - 1)
    letters = String.fromCharCode(65 + (rest % 26)) + letters;
  return `${letters}${line}`;
};
