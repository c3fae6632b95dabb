import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { stringify } from "csv-stringify/sync";
import { shownJson, withoutControls } from "../../install/shown-text.ts";
import { inGroups } from "../../redis/in-groups.ts";
import { inputColumns, publicMembers, resultColumns } from "../put/columns.ts";
import { neutraliseCell } from "../read/csv-cells.ts";
import type { ImportFormat } from "../read/format.ts";
import type { ResultRow } from "./rows.ts";

const groupSize = 250;
const columns = [...resultColumns, ...publicMembers];

/**
 * Writes results as text, a few hundred rows a piece: CSV with all columns and cells that are safe to open
 * in a spreadsheet, or NDJSON without absent members. Neither has characters that steer a terminal.
 */
export async function* resultsText(
  rows: AsyncIterable<ResultRow>,
  format: ImportFormat,
): AsyncGenerator<string> {
  if (format === "csv") yield stringify([columns]);
  const write = format === "csv" ? csvText : ndjsonText;
  for await (const group of inGroups(rows, groupSize)) yield write(group);
}

const csvText = (rows: readonly ResultRow[]): string => stringify(rows.map(cellsOf));

const cellsOf = ({ input, ...result }: ResultRow): string[] => {
  const inputTexts = inputColumns(input);
  const resultTexts = resultColumns.map((column) => String(result[column] ?? ""));
  const cells = [...resultTexts, ...publicMembers.map((member) => inputTexts[member] ?? "")];
  return cells.map((cell) => neutraliseCell(withoutControls(cell)));
};

const ndjsonText = (rows: readonly ResultRow[]): string =>
  rows.map(({ input, ...result }) => `${shownJson({ ...result, ...input })}\n`).join("");

/** Writes a results file that only this user can read: completely or not at all. Replaces an existing file. */
export const writeResults = async (
  rows: AsyncIterable<ResultRow>,
  file: { readonly path: string; readonly format: ImportFormat },
): Promise<void> => {
  const unfinishedPath = `${file.path}.${randomUUID().slice(0, 8)}.unfinished`;
  try {
    await writeFile(unfinishedPath, resultsText(rows, file.format), { flag: "wx", mode: 0o600 });
    await rename(unfinishedPath, file.path);
  } catch (error) {
    await rm(unfinishedPath, { force: true });
    throw error;
  }
};
