import { randomUUID } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import type { ImportFormat } from "./read-rows.ts";
import type { ResultRow } from "./result-rows.ts";
import { resultsText } from "./results-text.ts";

/** Writes a results file for this user alone: all of it or nothing. One that is there already is replaced. */
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
