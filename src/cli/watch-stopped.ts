import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printNote } from "./print.ts";
import type { ResultsFile } from "./results-file.ts";

/** Says that nobody watches a batch any more, which goes on. */
export const printWatchStopped = (io: Io, batchId: string, results: ResultsFile | undefined): number => {
  printNote(
    io,
    `Stopped watching.${notWritten(results)} The batch goes on; watch it again with: perch batch ${batchId} --watch`,
  );
  return exitCode.interrupted;
};

/** A sentence about a results file that nothing was written to. */
export const notWritten = (results: ResultsFile | undefined): string =>
  results === undefined ? "" : ` ${results.path} was not written.`;
