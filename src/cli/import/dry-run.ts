import type { InputIssue } from "../../install/input-error.ts";
import type { DryRun, DryRunSummary } from "../../producer/import/dry-run.ts";
import type { Producer } from "../../producer/producer.ts";
import {
  exitCode,
  type Io,
  issueLine,
  plural,
  printJson,
  printLine,
  printNote,
  rowName,
} from "../terminal/io.ts";
import { createProgress } from "../terminal/progress.ts";
import { duration } from "../terminal/time-left.ts";
import type { ImportSource } from "./source.ts";

interface DryRunDeps {
  readonly io: Io;
  readonly producer: Pick<Producer, "forecastRows">;
  readonly source: ImportSource;
}

/** Validates every row as an import does, prints all issues and what would happen to the other rows; enqueues nothing. */
export const dryRunImport = async (
  deps: DryRunDeps,
  { json, signal }: { readonly json: boolean; readonly signal?: AbortSignal | undefined },
): Promise<number> => {
  const { io, source } = deps;
  const rejected: RejectedRow[] = [];
  const dryRun = deps.producer.forecastRows(source.rows);
  await validateAll(deps, dryRun.rows, (row) => {
    // Only JSON prints them at the end; for a large file of invalid rows they would take much memory.
    if (json) rejected.push(row);
  });
  if (signal?.aborted === true) {
    printNote(io, "Stopped. Nothing was enqueued.");
    return exitCode.interrupted;
  }
  const fileError = source.fileError();
  if (fileError !== undefined) printNote(io, fileError.message);
  const summary = await dryRun.summary();
  if (json) printJson(io, { ...summary, errors: rejected });
  else printDryRun(io, summary);
  return summary.rejected > 0 || fileError !== undefined ? exitCode.failed : exitCode.done;
};

const printDryRun = (io: Io, summary: DryRunSummary): void => {
  const said = words.filter(([what]) => summary[what] > 0).map(([what, text]) => `${summary[what]} ${text}`);
  const all = [...said, `${summary.rejected} to correct`].join(", ");
  printLine(io, `${plural(summary.rows, "row")}: ${all}. Nothing was enqueued.`);
  if (summary.created === 0) return;
  const { finishMs, finishBasis } = summary;
  printLine(
    io,
    finishBasis === "pace"
      ? `The new ones would have ended in ${duration(finishMs)}, at the pace of the last minute.`
      : `The new ones would take ${duration(finishMs)} or longer: nothing ended in the last minute, so there is no pace to estimate by.`,
  );
};

const words = [
  ["created", "new"],
  ["attached", "attached to an install that the number has"],
  ["installed", "installed already"],
  ["blocked", "new, but held back while the workspace is held as unauthorized"],
] as const;

interface RejectedRow {
  readonly row: number;
  readonly line?: number | undefined;
  readonly errors: readonly InputIssue[];
}

const validateAll = async (
  { io, source }: DryRunDeps,
  rows: DryRun["rows"],
  onRejected: (row: RejectedRow) => void,
): Promise<void> => {
  let rejectedCount = 0;
  const progress = createProgress({ io, hasBar: source.share() !== undefined });
  try {
    for await (const row of rows) {
      if ("errors" in row) {
        for (const issue of row.errors) progress.line(`${rowName(row)}: ${issueLine(issue)}`);
        rejectedCount += 1;
        onRejected(row);
      }
      progress.show(source.share() ?? 0, `${row.row} rows read, ${rejectedCount} to correct`);
    }
  } finally {
    progress.stop();
  }
};
