import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { stringify } from "csv-stringify/sync";
import type { InputFile } from "../../install/batch.ts";
import { shownJson, withoutControls } from "../../install/values/shown-text.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { inputColumns, publicMembers, resultColumns } from "../put/columns.ts";
import { guardCell, restoreCell } from "../read/csv-cells.ts";
import type { ImportFormat } from "../read/format.ts";
import type { ResultRow } from "./rows.ts";
import { workbookOf } from "./workbook.ts";

const groupSize = 250;
/** Excel takes a CSV file without it for text of the country's old code page. */
const byteOrderMark = "\ufeff";

/**
 * Writes results as text, a few hundred rows a piece: NDJSON without absent members, or CSV that a spreadsheet opens,
 * saves and gives back unchanged. Neither has characters that steer a terminal.
 *
 * @param input Gives a CSV its separator and the input's columns; default: a comma, and every column there can be.
 */
export async function* resultsText(
  rows: AsyncIterable<ResultRow>,
  format: "csv" | "ndjson",
  input: InputFile = {},
): AsyncGenerator<string> {
  const columns = input.columns ?? publicMembers;
  const { delimiter = "," } = input;
  const csv = (lines: readonly (readonly string[])[]): string => stringify([...lines], { delimiter });
  if (format === "csv") yield `${byteOrderMark}${csv([[...resultColumns, ...columns]])}`;
  for await (const group of inGroups(rows, groupSize))
    yield format === "csv" ? csv(group.map((row) => csvCells(row, columns))) : ndjsonText(group);
}

/** Writes results as {@link resultsText} does, or as an Excel workbook of text cells. */
export const resultsContent = (
  rows: AsyncIterable<ResultRow>,
  format: ImportFormat,
  input: InputFile = {},
): AsyncGenerator<string | Uint8Array> =>
  format === "xlsx" ? workbookOf(sheetRows(rows, input)) : resultsText(rows, format, input);

async function* sheetRows(
  rows: AsyncIterable<ResultRow>,
  { columns = publicMembers }: InputFile,
): AsyncGenerator<readonly (readonly string[])[]> {
  yield [[...resultColumns, ...columns]];
  for await (const group of inGroups(rows, groupSize)) yield group.map((row) => sheetCells(row, columns));
}

/** In a text cell nothing is run or changed, so an apostrophe guards only what the import would take one from. */
const sheetCells = ({ input, ...result }: ResultRow, columns: readonly string[]): string[] => {
  const texts = inputColumns(input);
  return [
    ...resultColumns.map((column) => withoutControls(String(result[column] ?? ""))),
    ...columns.map((column) => guardedAgain(withoutControls(texts[column] ?? ""))),
  ];
};

const guardedAgain = (text: string): string => (restoreCell(text) === text ? text : `'${text}`);

const csvCells = ({ input, ...result }: ResultRow, columns: readonly string[]): string[] => {
  const texts = inputColumns(input);
  return [
    ...resultColumns.map((column) => {
      const value = result[column];
      return typeof value === "number" ? String(value) : shownCell(String(value ?? ""));
    }),
    ...columns.map((column) => shownCell(texts[column] ?? "")),
  ];
};

const shownCell = (text: string): string => guardCell(withoutControls(text));

const ndjsonText = (rows: readonly ResultRow[]): string =>
  rows.map(({ input, ...result }) => `${shownJson({ ...result, ...input })}\n`).join("");

/** Writes a results file that only this user can read: completely or not at all. Replaces an existing file. */
export const writeResults = async (
  rows: AsyncIterable<ResultRow>,
  file: { readonly path: string; readonly format: ImportFormat; readonly input?: InputFile | undefined },
): Promise<void> => {
  const unfinishedPath = `${file.path}.${randomUUID().slice(0, 8)}.unfinished`;
  try {
    const content = resultsContent(rows, file.format, file.input);
    await writeFile(unfinishedPath, content, { flag: "wx", mode: 0o600 });
    await rename(unfinishedPath, file.path);
  } catch (error) {
    await rm(unfinishedPath, { force: true });
    throw error;
  }
};
