import type { DryRun } from "../../producer/import/dry-run.ts";
import type { DryRun as DryRunReport } from "./schema.ts";
import type { Upload } from "./upload.ts";

/** A report up to this size is sent as one piece. */
const pieceCharacters = 1_048_576;

/**
 * The report of a dry run as JSON, in pieces of about a megabyte: the issues as they are found, then the counts.
 *
 * @throws {ProblemError} The upload was stopped.
 */
export async function* dryRunText(
  { rows, summary }: DryRun,
  { fileError, stop }: Pick<Upload, "fileError" | "stop">,
): AsyncGenerator<string> {
  let piece = '{"errors":[';
  let isFirst = true;
  for await (const row of rows) {
    if (!("errors" in row)) continue;
    const text = JSON.stringify({ row: row.row, line: row.line, errors: row.errors });
    piece += isFirst ? text : `,${text}`;
    isFirst = false;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = "";
  }
  const stopped = stop();
  if (stopped !== undefined) throw stopped;
  const rest: Omit<DryRunReport, "errors"> = { ...(await summary()), fault: fileError()?.message };
  yield `${piece}],${JSON.stringify(rest).slice(1)}`;
}
