import { isCsvHeader } from "./csv-header.ts";
import { ImportFileError } from "./file-error.ts";

import type { ImportFormat } from "./format.ts";

/**
 * Refuses a file whose first line with content shows that it is text of another kind than was said.
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
