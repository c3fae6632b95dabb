import type { Forecast } from "../../producer/import/dry-run.ts";
import type { DryRun } from "./schema.ts";
import type { Upload } from "./upload.ts";

/** A report up to this size is sent once it is whole. */
const pieceCharacters = 1_048_576;

/**
 * The report of a dry run as JSON, in pieces of about a megabyte: the faults as they are found, then the counts.
 *
 * @throws {ProblemError} The upload was stopped.
 */
export async function* dryRunText(
  { rows, summary }: Forecast,
  { fault, stop }: Pick<Upload, "fault" | "stop">,
): AsyncGenerator<string> {
  let piece = '{"errors":[';
  let isFirst = true;
  for await (const row of rows) {
    if (!("errors" in row)) continue;
    const text = JSON.stringify({ row: row.row, errors: row.errors });
    piece += isFirst ? text : `,${text}`;
    isFirst = false;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = "";
  }
  const stopped = stop();
  if (stopped !== undefined) throw stopped;
  const rest: Omit<DryRun, "errors"> = { ...(await summary()), fault: fault()?.message };
  yield `${piece}],${JSON.stringify(rest).slice(1)}`;
}
