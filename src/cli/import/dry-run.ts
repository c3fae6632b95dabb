import type { InputIssue } from "../../install/errors/input-error.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { CheckRow } from "../../producer/import/check-rows.ts";
import type { DryRun, DryRunSummary } from "../../producer/import/dry-run.ts";
import type { Producer } from "../../producer/producer.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "../terminal/io.ts";
import { createProgress } from "../terminal/progress.ts";
import { duration } from "../terminal/time-left.ts";
import { printIssues } from "./enqueue.ts";
import type { ImportSource } from "./source.ts";

interface DryRunDeps {
  readonly io: Io;
  readonly producer: Pick<Producer, "forecastRows">;
  readonly source: ImportSource;
  /** Asks Meta about the numbers that would be created. */
  readonly checkRow?: CheckRow | undefined;
}

/** Validates every row as an import does, prints all issues and what would happen to the other rows; enqueues nothing. */
export const dryRunImport = async (
  deps: DryRunDeps,
  { json, signal }: { readonly json: boolean; readonly signal?: AbortSignal | undefined },
): Promise<number> => {
  const { io, source } = deps;
  const rejected: RejectedRow[] = [];
  const warned: WarnedRow[] = [];
  const dryRun = deps.producer.forecastRows(source.rows, { checkRow: deps.checkRow });
  // Only JSON prints them at the end; for a large file of invalid rows they would take much memory.
  await validateAll(deps, dryRun.rows, {
    onRejected: (row) => void (json && rejected.push(row)),
    onWarned: (row) => void (json && warned.push(row)),
  });
  if (signal?.aborted === true) {
    printNote(io, "Stopped. Nothing was enqueued.");
    return exitCode.interrupted;
  }
  const fileError = source.fileError();
  if (fileError !== undefined) printNote(io, fileError.message);
  const summary = await dryRun.summary();
  if (json) printJson(io, { ...summary, errors: rejected, ...(deps.checkRow && { warnings: warned }) });
  else printDryRun(io, summary);
  return summary.rejected > 0 || fileError !== undefined ? exitCode.failed : exitCode.done;
};

const printDryRun = (io: Io, summary: DryRunSummary): void => {
  const said = words.filter(([what]) => summary[what] > 0).map(([what, text]) => `${summary[what]} ${text}`);
  const all = [...said, `${summary.rejected} to correct`].join(", ");
  printLine(io, `${plural(summary.rows, "row")}: ${all}. Nothing was enqueued.`);
  if (summary.meta !== undefined) printLine(io, metaText(summary.meta));
  if (summary.created === 0) return;
  const { finishMs, finishBasis } = summary;
  printLine(
    io,
    finishBasis === "pace"
      ? `The new ones would have ended in ${duration(finishMs)}, at the pace of the last minute.`
      : `The new ones would take ${duration(finishMs)} or longer: nothing ended in the last minute, so there is no pace to estimate by.`,
  );
};

const metaText = ({
  checked,
  found,
  warned,
  unchecked,
  reason,
}: NonNullable<DryRunSummary["meta"]>): string => {
  const rest = unchecked === 0 ? "" : `, ${unchecked} not checked (${reason})`;
  return `At Meta: ${plural(checked, "row")} checked, ${found} with errors, ${warned} with warnings${rest}.`;
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

interface WarnedRow {
  readonly row: number;
  readonly line?: number | undefined;
  readonly warnings: readonly InputIssue[];
}

const validateAll = async (
  { io, source, checkRow }: DryRunDeps,
  rows: DryRun["rows"],
  {
    onRejected,
    onWarned,
  }: { readonly onRejected: (row: RejectedRow) => void; readonly onWarned: (row: WarnedRow) => void },
): Promise<void> => {
  let rejectedCount = 0;
  const progress = createProgress({ io, hasBar: source.share() !== undefined });
  try {
    for await (const row of rows) {
      if ("errors" in row) {
        printIssues(progress, row, source.file);
        rejectedCount += 1;
        onRejected(row);
      } else if (row.warnings !== undefined) {
        const { row: number, line, warnings } = row;
        printIssues(progress, { row: number, line, errors: warnings }, source.file);
        onWarned({ row: number, line, warnings });
      }
      const done = checkRow === undefined ? "read" : "checked at Meta";
      progress.show(source.share() ?? 0, `${row.row} rows ${done}, ${rejectedCount} to correct`);
    }
  } finally {
    progress.stop();
  }
};
