import { isCsvHeader } from "./csv-header.ts";
import { ImportFileError } from "./file-error.ts";
import type { LineQueue } from "./line-queue.ts";
import { overlongFault, overlongLine } from "./lines.ts";
import { refuseOtherText } from "./refuse-other-text.ts";

/** How many lines the names of a header may take. */
const headerLinesMax = 50;

/**
 * Takes the header off the lines: the first line with content that is not Excel's hint about the delimiter,
 * with the lines after it where names in quotes go over several.
 *
 * @throws {ImportFileError}
 */
export const takeCsvHeader = async (queue: LineQueue): Promise<string> => {
  for (;;) {
    const lines = await queue.peek();
    if (lines.length === 0) {
      throw new ImportFileError("The file is empty: begin it with a line that names the columns.");
    }
    const at = lines.findIndex((line) => line === overlongLine || !isNothing(line));
    queue.drop(at === -1 ? lines.length : at);
    const line = lines[at];
    if (line === overlongLine) throw new ImportFileError(`The header ${overlongFault}.`);
    if (line !== undefined) return await takeFrom(queue, line);
  }
};

const takeFrom = async (queue: LineQueue, line: string): Promise<string> => {
  if (line.includes("\0")) {
    throw new ImportFileError(
      "The header holds NUL bytes, so this is not a text file: save it as CSV UTF-8 and import that file.",
    );
  }
  refuseOtherText(line, "csv");
  let text = line;
  let lineCount = 1;
  while (hasOpenQuote(text) && lineCount < headerLinesMax) {
    const next = await queue.lineAt(lineCount);
    if (next === undefined || next === overlongLine) break;
    text += `\n${next}`;
    lineCount += 1;
  }
  const isWhole = lineCount > 1 && !hasOpenQuote(text) && isCsvHeader(text);
  queue.drop(isWhole ? lineCount : 1);
  return isWhole ? text : line;
};

const hasOpenQuote = (text: string): boolean => text.split('"').length % 2 === 0;

/** A line of delimiters alone, as a spreadsheet's empty row is written, or `sep=;`. */
const isNothing = (line: string): boolean => /^[\s,;|]*$/.test(line) || /^\s*"?sep=.?"?[\s,;|]*$/i.test(line);
