import type { InputFile } from "../../install/batch.ts";
import type { InputRow } from "../put/enqueue-rows.ts";
import { readCsv } from "./csv.ts";
import type { ImportFormat } from "./format.ts";
import { readLines } from "./lines.ts";
import { readNdjson } from "./ndjson.ts";

/**
 * Reads an import file row by row in constant memory: UTF-8 with or without BOM, any line ends. Rows count
 * from 1, empty ones are skipped. An unreadable row, such as one that is longer than 1,048,576 characters, is yielded
 * with its errors and stops nothing.
 *
 * CSV: delimiter `,` `;` tab or `|`, found in the header; names of columns in any order, letter case and with
 * spaces, underscores or dashes; an empty cell is an absent member. The columns of a results file beside
 * the input's are ignored, so that its failed rows, with their tokens, are an import file again.
 *
 * @param options.howToIgnore How to skip unknown columns, as part of a message; default:
 *   `pass --ignore-unknown-columns`.
 * @throws {ImportFileError} before the first row: no text, empty, unknown, repeated or missing columns.
 */
export const readRows = (
  chunks: AsyncIterable<Uint8Array>,
  options: {
    readonly format: ImportFormat;
    readonly ignoreUnknownColumns?: boolean | undefined;
    readonly howToIgnore?: string | undefined;
    /** Called before the first row with what results repeat of the file. */
    readonly onFile?: ((file: InputFile) => void) | undefined;
  },
): AsyncGenerator<InputRow, void, undefined> => {
  const { format, ignoreUnknownColumns = false, howToIgnore, onFile } = options;
  const read = format === "csv" ? readCsv : readNdjson;
  return read(readLines(chunks), { ignoreUnknownColumns, howToIgnore, onFile });
};
