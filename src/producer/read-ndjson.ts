import { requestMembers } from "../install/request.ts";
import type { InputRow } from "./enqueue-rows.ts";
import { ImportFileError } from "./import-file-error.ts";
import { resultColumns } from "./result-columns.ts";

const resultMembers: ReadonlySet<string> = new Set(resultColumns);
const knownMembers: ReadonlySet<string> = new Set(requestMembers);

/** Reads the rows of a file with one JSON object a line. See {@link readRows}. */
export async function* readNdjson(
  blocks: AsyncIterable<readonly string[]>,
  options: { readonly ignoreUnknownColumns: boolean },
): AsyncGenerator<InputRow, void, undefined> {
  const isKept = (member: string): boolean =>
    options.ignoreUnknownColumns ? knownMembers.has(member) : !resultMembers.has(member);
  let row = 0;
  for await (const lines of blocks) {
    for (const line of lines.filter((text) => text.trim() !== "")) {
      row += 1;
      if (row === 1 && line.trimStart().startsWith("[")) {
        throw new ImportFileError("The file is one JSON array: write one JSON object a line (NDJSON).");
      }
      yield toRow(row, line, isKept);
    }
  }
  if (row === 0) {
    throw new ImportFileError("The file is empty: write one JSON object a line, one for each number.");
  }
}

const toRow = (row: number, line: string, isKept: (member: string) => boolean): InputRow => {
  if (line.includes("\ufffd")) {
    const message = "has characters that are not UTF-8: save the file as UTF-8 and write the line again";
    return { row, input: {}, errors: [{ path: "", message }] };
  }
  try {
    const input: unknown = JSON.parse(line);
    if (typeof input !== "object" || input === null || Array.isArray(input)) return { row, input };
    return { row, input: Object.fromEntries(Object.entries(input).filter(([member]) => isKept(member))) };
  } catch {
    // The parser's own message quotes the line, which may hold a token.
    const message = "is not valid JSON: write one complete JSON object a line";
    return { row, input: {}, errors: [{ path: "", message }] };
  }
};
