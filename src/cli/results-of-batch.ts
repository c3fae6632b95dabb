import { type ResultRow, type ResultsDeps, resultRows } from "../producer/result-rows.ts";
import { writeResults } from "../producer/write-results.ts";
import { createResultTable } from "./result-table.ts";
import type { ResultsFile } from "./results-file.ts";

/**
 * Goes through the results of a batch once, as they are now, and writes them to a file if there is one.
 *
 * @returns a table of those that people can take in.
 */
export const resultsOfBatch = async (
  reader: ResultsDeps,
  batchId: string,
  file: ResultsFile | undefined,
): Promise<string> => {
  const table = createResultTable();
  async function* seen(): AsyncGenerator<ResultRow> {
    for await (const row of resultRows(reader, batchId)) {
      table.add(row);
      yield row;
    }
  }
  if (file !== undefined) await writeResults(seen(), file);
  else for await (const _ of seen());
  return table.text();
};
