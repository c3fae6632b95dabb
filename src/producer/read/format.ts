import { isCsvHeader } from "./csv-header.ts";
import { ImportFileError } from "./errors.ts";

/** The format of an import file. */
export type ImportFormat = "csv" | "ndjson" | "xlsx";

const endings = new Map<string, ImportFormat>([
  ["csv", "csv"],
  ["tsv", "csv"],
  ["txt", "csv"],
  ["ndjson", "ndjson"],
  ["jsonl", "ndjson"],
  ["xlsx", "xlsx"],
  ["xlsm", "xlsx"],
]);

/** The format by a file's name; undefined when only the content shows it. */
export const detectFormat = (fileName: string): ImportFormat | undefined =>
  endings.get(/\.([^./\\]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "");

/** How many bytes without content are read in search of it. */
const blankBytesMax = 65_536;

/**
 * Detects the format by the first character with content (`{` or `[` is JSON, `PK` begins a workbook), and returns all chunks. Reads no further
 * than that character, or than 64 KiB without any.
 */
export const sniffFormat = async (
  chunks: AsyncIterable<Uint8Array>,
): Promise<{ readonly format: ImportFormat; readonly chunks: AsyncIterable<Uint8Array> }> => {
  const iterator = chunks[Symbol.asyncIterator]();
  const seen: Uint8Array[] = [];
  let seenBytes = 0;
  let first: string | undefined;
  async function* all(): AsyncGenerator<Uint8Array> {
    try {
      yield* seen;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  while (first === undefined && seenBytes < blankBytesMax) {
    const { done, value } = await iterator.next();
    if (done === true) break;
    seen.push(value);
    seenBytes += value.length;
    const start = Buffer.concat(seen.map((each) => each.subarray(0, 4)).slice(0, 4)).subarray(0, 2);
    if (start.toString("latin1") === "PK") return { format: "xlsx", chunks: all() };
    if (start.toString("latin1") === "P") continue;
    first = /[^\s\u00ef\u00bb\u00bf]/.exec(Buffer.from(value).toString("latin1"))?.[0];
  }
  return { format: first === "{" || first === "[" ? "ndjson" : "csv", chunks: all() };
};

/**
 * The format of a file that is named, or of one that only its content shows; a workbook is one whatever its name.
 *
 * @param known By the name.
 */
export const chooseFormat = async (
  chunks: AsyncIterable<Uint8Array>,
  known: ImportFormat | undefined,
): ReturnType<typeof sniffFormat> => {
  const sniffed = await sniffFormat(chunks);
  return { ...sniffed, format: sniffed.format === "xlsx" ? "xlsx" : (known ?? sniffed.format) };
};

/**
 * Refuses a file whose first line with content shows that it is text of another format.
 *
 * @throws {ImportFileError}
 */
export const refuseOtherText = (line: string, format: ImportFormat): void => {
  const message = otherText(line.trim(), format);
  if (message !== undefined) throw new ImportFileError(message);
};

const otherText = (line: string, format: ImportFormat): string | undefined => {
  if (line.startsWith("<")) {
    return "The file is a web page or XML: export the table as CSV UTF-8 and import that file.";
  }
  if (line.startsWith("[")) {
    return "The file is one JSON array: write one JSON object a line, without brackets and commas around them (NDJSON).";
  }
  if (line === "{") {
    return "The file's JSON object goes over several lines: write each object on one line (NDJSON).";
  }
  if (format === "csv" && line.startsWith("{")) {
    return "The file is JSON and not CSV: give it the ending .ndjson, or over HTTP the content type application/x-ndjson.";
  }
  if (format === "ndjson" && isCsvHeader(line)) {
    return "The file is CSV and not NDJSON: give it the ending .csv, or over HTTP the content type text/csv.";
  }
  return undefined;
};
