import type { InputRow } from "./enqueue-rows.ts";
import { ImportFileError } from "./import-file-error.ts";
import { readCsv } from "./read-csv.ts";
import { readLines, UnreadableLineError } from "./read-lines.ts";
import { readNdjson } from "./read-ndjson.ts";

/** How an import file is written. */
export type ImportFormat = "csv" | "ndjson";

/**
 * Reads an import file row by row in constant memory: UTF-8 with or without BOM, any line ends. Rows count
 * from 1, empty ones are left out. A row that can't be read is yielded with its errors and stops nothing.
 *
 * CSV: delimiter `,` `;` or tab, found in the header; names of columns in any order, letter case and with
 * spaces, underscores or dashes; an empty cell is an absent member. The columns of a results file beside
 * the input's are ignored, so that its failed rows, with their tokens, are an import file again.
 *
 * @throws {ImportFileError} before the first row: no text, empty, unknown, repeated or missing columns; and
 * at a row that is longer than 1,048,576 characters or holds a NUL.
 */
export async function* readRows(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly format: ImportFormat; readonly ignoreUnknownColumns?: boolean | undefined },
): AsyncGenerator<InputRow, void, undefined> {
  const { format, ignoreUnknownColumns = false } = options;
  const read = format === "csv" ? readCsv : readNdjson;
  let row = 0;
  try {
    for await (const inputRow of read(readLines(chunks), { ignoreUnknownColumns })) {
      row = inputRow.row;
      yield inputRow;
    }
  } catch (cause) {
    if (!(cause instanceof UnreadableLineError)) throw cause;
    const isHeader = format === "csv" && cause.line === 1;
    const subject = isHeader ? "The header" : `Row ${row + 1} (line ${cause.line})`;
    throw new ImportFileError(`${subject} ${cause.fault}.`, { cause });
  }
}
