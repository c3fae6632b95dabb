import type { InputRow } from "../put/enqueue-rows.ts";
import { readCsv } from "./csv.ts";
import type { ImportFormat } from "./format.ts";
import { readLines, type TextOptions } from "./lines.ts";
import { readNdjson } from "./ndjson.ts";
import { readXlsx, type XlsxOptions } from "./xlsx/rows.ts";

export interface ReadOptions extends Partial<XlsxOptions>, TextOptions {
  readonly format: ImportFormat;
}

/**
 * Reads an import file row by row in constant memory: UTF-8 with or without byte order mark, UTF-16 with one, or the
 * encoding that is given; any line ends. Rows count from 1, empty ones are skipped. An unreadable row, such as one that
 * is longer than 1,048,576 characters, is yielded with its errors and stops nothing.
 *
 * CSV: delimiter `,` `;` tab or `|`, found in the header; names of columns in any order, letter case and with
 * spaces, underscores or dashes, also those of Meta; an empty cell is an absent member. The columns of a results file
 * beside the input's are ignored, so that its failed rows, with their tokens, are an import file again.
 *
 * XLSX: a workbook of up to 32 MiB, which is held in memory and unpacked row by row; see `xlsx/archive.ts` for its limits.
 *
 * @throws {ImportFileError} before the first row: no text, empty, unknown, repeated or missing columns. Later: bytes of
 *   another encoding.
 */
export const readRows = (
  chunks: AsyncIterable<Uint8Array>,
  { format, ignoreUnknownColumns = false, ...options }: ReadOptions,
): AsyncGenerator<InputRow, void, undefined> => {
  if (format === "xlsx") return readXlsx(chunks, { ...options, ignoreUnknownColumns });
  const read = format === "csv" ? readCsv : readNdjson;
  return read(readLines(chunks, options), { ...options, ignoreUnknownColumns });
};
