import type { InputIssue } from "../install/input-error.ts";
import { judgeRow } from "../producer/enqueue-rows.ts";
import { counted } from "./counted.ts";
import { exitCode } from "./exit-code.ts";
import type { ImportSource } from "./import-source.ts";
import type { Io } from "./io.ts";
import { issueLine } from "./issue-line.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { createProgress } from "./progress.ts";

/** Judges every row with the code that an import uses, prints all faults and enqueues nothing. */
export const dryRunImport = async (
  { io, source }: { readonly io: Io; readonly source: ImportSource },
  { json, signal }: { readonly json: boolean; readonly signal?: AbortSignal | undefined },
): Promise<number> => {
  const { rowCount, rejected } = await judgeAll(io, source);
  if (signal?.aborted === true) {
    printNote(io, "Stopped. Nothing was enqueued.");
    return exitCode.interrupted;
  }
  const fault = source.fault();
  if (fault !== undefined) printNote(io, fault.message);
  const valid = rowCount - rejected.length;
  if (json) printJson(io, { rows: rowCount, valid, rejected: rejected.length, errors: rejected });
  else {
    printLine(
      io,
      `${counted(rowCount, "row")}: ${valid} valid, ${rejected.length} to correct. Nothing was enqueued.`,
    );
  }
  return rejected.length > 0 || fault !== undefined ? exitCode.failed : exitCode.done;
};

const judgeAll = async (io: Io, source: ImportSource) => {
  const rejected: { readonly row: number; readonly errors: readonly InputIssue[] }[] = [];
  let rowCount = 0;
  const progress = createProgress({ io, hasBar: source.share() !== undefined });
  try {
    for await (const row of source.rows) {
      rowCount += 1;
      const judged = judgeRow(row);
      if ("errors" in judged) {
        for (const issue of judged.errors) progress.line(`row ${row.row}: ${issueLine(issue)}`);
        rejected.push({ row: row.row, errors: judged.errors });
      }
      progress.show(source.share() ?? 0, `${rowCount} rows read, ${rejected.length} to correct`);
    }
  } finally {
    progress.stop();
  }
  return { rowCount, rejected };
};
