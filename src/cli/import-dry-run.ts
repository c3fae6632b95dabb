import type { InputIssue } from "../install/input-error.ts";
import type { Producer } from "../producer/producer.ts";
import { counted } from "./counted.ts";
import { exitCode } from "./exit-code.ts";
import type { ImportSource } from "./import-source.ts";
import type { Io } from "./io.ts";
import { issueLine } from "./issue-line.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { createProgress } from "./progress.ts";

interface DryRunDeps {
  readonly io: Io;
  readonly producer: Pick<Producer, "forecastRows">;
  readonly source: ImportSource;
}

/** Judges every row as an import does, prints all faults, says what would become of the others; enqueues nothing. */
export const dryRunImport = async (
  deps: DryRunDeps,
  { json, signal }: { readonly json: boolean; readonly signal?: AbortSignal | undefined },
): Promise<number> => {
  const { io, source } = deps;
  const rejected: RejectedRow[] = [];
  const { rowCount, outlooks, rejectedCount } = await judgeAll(deps, (row) => {
    // Only JSON shows them at the end; of a large file that is bad throughout they would take much memory.
    if (json) rejected.push(row);
  });
  if (signal?.aborted === true) {
    printNote(io, "Stopped. Nothing was enqueued.");
    return exitCode.interrupted;
  }
  const fault = source.fault();
  if (fault !== undefined) printNote(io, fault.message);
  const valid = rowCount - rejectedCount;
  if (json) printJson(io, { rows: rowCount, valid, ...outlooks, rejected: rejectedCount, errors: rejected });
  else {
    const said = words
      .filter(([what]) => outlooks[what] > 0)
      .map(([what, text]) => `${outlooks[what]} ${text}`);
    const all = [...said, `${rejectedCount} to correct`].join(", ");
    printLine(io, `${counted(rowCount, "row")}: ${all}. Nothing was enqueued.`);
  }
  return rejectedCount > 0 || fault !== undefined ? exitCode.failed : exitCode.done;
};

const words = [
  ["created", "new"],
  ["attached", "joining an install that the number has"],
  ["installed", "installed already"],
  ["blocked", "new, but held back while the workspace is held as unauthorized"],
] as const;

interface RejectedRow {
  readonly row: number;
  readonly errors: readonly InputIssue[];
}

const judgeAll = async ({ io, producer, source }: DryRunDeps, onRejected: (row: RejectedRow) => void) => {
  const outlooks = { created: 0, attached: 0, installed: 0, blocked: 0 };
  let rowCount = 0;
  let rejectedCount = 0;
  const progress = createProgress({ io, hasBar: source.share() !== undefined });
  try {
    for await (const row of producer.forecastRows(source.rows)) {
      rowCount += 1;
      if ("errors" in row) {
        for (const issue of row.errors) progress.line(`row ${row.row}: ${issueLine(issue)}`);
        rejectedCount += 1;
        onRejected(row);
      } else {
        outlooks[row.outlook] += 1;
      }
      progress.show(source.share() ?? 0, `${rowCount} rows read, ${rejectedCount} to correct`);
    }
  } finally {
    progress.stop();
  }
  return { rowCount, outlooks, rejectedCount };
};
