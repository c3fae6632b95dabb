import { requestMembers } from "../install/request.ts";
import { readCsvHeader } from "./csv-header.ts";
import type { CsvRecord } from "./csv-line.ts";
import { readCsvRecords } from "./csv-records.ts";
import { type InputRow, judgeRow } from "./enqueue-rows.ts";
import { ImportFileError } from "./import-file-error.ts";
import { createLineQueue, type LineQueue } from "./line-queue.ts";
import { rowInput } from "./row-input.ts";
import { restoreCell } from "./spreadsheet-cell.ts";

const oneLineMembers: ReadonlySet<string | undefined> = new Set(
  requestMembers.filter((member) => member !== "name" && member !== "metadata"),
);

/** Reads the rows of a CSV file whose first line names the columns. See {@link readRows}. */
export async function* readCsv(
  blocks: AsyncIterable<readonly string[]>,
  options: { readonly ignoreUnknownColumns: boolean },
): AsyncGenerator<InputRow, void, undefined> {
  const queue = createLineQueue(blocks);
  const { delimiter, members } = readCsvHeader(await takeHeader(queue), options);
  const maySpanLines = (column: number): boolean => !oneLineMembers.has(members[column]);
  const shape = { delimiter, width: members.length, maySpanLines };
  let row = 0;
  for await (const record of readCsvRecords(queue, shape)) {
    row += 1;
    yield toRow(row, record, members);
  }
  if (row === 0) {
    throw new ImportFileError("The file has a header and no rows: add one row for each number to install.");
  }
}

/** The first line with content; Excel's hint about the delimiter is none. */
const takeHeader = async (queue: LineQueue): Promise<string> => {
  for (;;) {
    const line = await queue.next();
    if (line === undefined) {
      throw new ImportFileError("The file is empty: begin it with a line that names the columns.");
    }
    if (line.trim() !== "" && !/^"?sep=.?"?$/i.test(line.trim())) return line;
  }
};

const toRow = (row: number, record: CsvRecord, members: readonly (string | undefined)[]): InputRow => {
  // Nothing of a row whose cells may have shifted is kept: a token could stand in any of them.
  if (!("cells" in record)) {
    const member = members[record.column ?? -1];
    const path = member === undefined ? "" : `/${member}`;
    return { row, input: {}, errors: [{ path, message: record.fault }] };
  }
  const { cells } = record;
  if (cells.length !== members.length) {
    const message = `has ${cells.length} cells where the header has ${members.length}: quote a cell that contains the delimiter, and keep empty cells`;
    return { row, input: {}, errors: [{ path: "", message }] };
  }
  const { input, issues } = rowInput(columnsOf(cells, members));
  if (issues.length === 0) return { row, input };
  const named = new Set(issues.map(({ path }) => path));
  const judged = judgeRow({ row, input });
  const others = "errors" in judged ? judged.errors.filter(({ path }) => !named.has(path)) : [];
  return { row, input, errors: [...issues, ...others] };
};

const columnsOf = (
  cells: readonly string[],
  members: readonly (string | undefined)[],
): Record<string, string> =>
  Object.fromEntries(
    cells.flatMap((cell, index) => {
      const member = members[index];
      const text = restoreCell(cell.trim()).trim();
      return member === undefined || text === "" ? [] : [[member, text]];
    }),
  );
