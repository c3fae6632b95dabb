import type { DryRun } from "../../producer/import/dry-run.ts";
import type { DryRun as DryRunReport } from "./schema.ts";
import type { Upload } from "./upload.ts";

/** A report up to this size is sent as one piece. */
const pieceCharacters = 1_048_576;

/** After this time something is sent, if only a line break, ms. */
const quietMs = 10_000;
/** Warnings that are named; the counts have all. */
const warningsMax = 10_000;

/**
 * The report of a dry run as JSON, in pieces of about a megabyte: the issues as they are found, then the counts.
 *
 * @throws {ProblemError} The upload was stopped.
 */
export async function* dryRunText(
  { rows, summary }: DryRun,
  { fileError, stop, detected }: Pick<Upload, "fileError" | "stop" | "detected">,
): AsyncGenerator<string> {
  let piece = '{"errors":[';
  let isFirst = true;
  let sentAtMs = performance.now();
  const warnings: NonNullable<DryRunReport["warnings"]>[number][] = [];
  for await (const row of rows) {
    if ("errors" in row) {
      const text = JSON.stringify({ row: row.row, line: row.line, errors: row.errors, input: row.input });
      piece += isFirst ? text : `,${text}`;
      isFirst = false;
    } else if (row.warnings !== undefined && warnings.length < warningsMax)
      warnings.push({ row: row.row, line: row.line, warnings: [...row.warnings] });
    // A connection on which nothing is sent for a minute is closed, and a check at Meta takes its time.
    const isDue = performance.now() - sentAtMs > quietMs;
    if (piece.length < pieceCharacters && !isDue) continue;
    yield `${piece}\n`;
    piece = "";
    sentAtMs = performance.now();
  }
  const stopped = stop();
  if (stopped !== undefined) throw stopped;
  const rest: Omit<DryRunReport, "errors"> = {
    ...(await summary()),
    ...(warnings.length > 0 && { warnings }),
    file: detected(),
    fault: fileError()?.message,
  };
  yield `${piece}],${JSON.stringify(rest).slice(1)}`;
}
