import type { ForecastRow } from "../producer/forecast-rows.ts";
import type { DryRun } from "./batch-schema.ts";
import type { Upload } from "./open-upload.ts";

/** A report up to this size is sent once it is whole. */
const pieceCharacters = 1_048_576;

/**
 * The report of a dry run as JSON, in pieces of about a megabyte: the faults as they are found, then the counts.
 *
 * @throws {ProblemError} The upload was stopped.
 */
export async function* dryRunText(
  rows: AsyncIterable<ForecastRow>,
  { fault, stop }: Pick<Upload, "fault" | "stop">,
): AsyncGenerator<string> {
  const counts = { rows: 0, valid: 0, created: 0, attached: 0, installed: 0, blocked: 0, rejected: 0 };
  let piece = '{"errors":[';
  for await (const row of rows) {
    counts.rows += 1;
    if (!("errors" in row)) {
      counts.valid += 1;
      counts[row.outlook] += 1;
      continue;
    }
    const text = JSON.stringify({ row: row.row, errors: row.errors });
    piece += counts.rejected === 0 ? text : `,${text}`;
    counts.rejected += 1;
    if (piece.length < pieceCharacters) continue;
    yield piece;
    piece = "";
  }
  const stopped = stop();
  if (stopped !== undefined) throw stopped;
  const rest: Omit<DryRun, "errors"> = { ...counts, fault: fault()?.message };
  yield `${piece}],${JSON.stringify(rest).slice(1)}`;
}
