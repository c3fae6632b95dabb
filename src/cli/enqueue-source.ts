import type { EnqueuedRow } from "../producer/enqueue-rows.ts";
import type { Producer } from "../producer/producer.ts";
import { counted } from "./counted.ts";
import type { ImportSource } from "./import-source.ts";
import type { Io } from "./io.ts";
import { issueLine } from "./issue-line.ts";
import { printNote } from "./print.ts";
import { createProgress, type Progress } from "./progress.ts";

/** What became of the rows of a file: every row is one of accepted, attached and rejected. */
export interface EnqueueTally {
  readonly rows: number;
  /** Became a new install. */
  readonly accepted: number;
  /** Joined an install that the number had already. */
  readonly attached: number;
  readonly rejected: number;
  readonly installIds: ReadonlySet<string>;
}

/** Enqueues the rows of a file into an open batch, and prints every fault of every row as it comes. */
export const enqueueSource = async (
  deps: { readonly io: Io; readonly producer: Pick<Producer, "enqueueRows">; readonly source: ImportSource },
  batchId: string,
): Promise<EnqueueTally> => {
  const { io, producer, source } = deps;
  const tally = { rows: 0, accepted: 0, attached: 0, rejected: 0, installIds: new Set<string>() };
  const progress = createProgress({ io, hasBar: source.share() !== undefined });
  try {
    for await (const row of producer.enqueueRows(source.rows, { batchId })) {
      tally.rows = row.row;
      if ("errors" in row) {
        tally.rejected += 1;
        printIssues(progress, row);
      } else {
        tally[row.created ? "accepted" : "attached"] += 1;
        tally.installIds.add(row.install.id);
      }
      progress.show(source.share() ?? 0, `${counted(tally.rows, "row")} read, ${tally.rejected} rejected`);
    }
  } catch (error) {
    progress.line(
      `Stopped after row ${tally.rows}. Import the file again: numbers that are enqueued are not enqueued twice.`,
    );
    throw error;
  } finally {
    progress.stop();
  }
  const fault = source.fault();
  if (fault !== undefined) {
    printNote(io, fault.message);
    printNote(
      io,
      `What comes before it (${counted(tally.rows, "row")}) was read. Correct it and import the file again.`,
    );
  }
  return tally;
};

const printIssues = (progress: Progress, row: Extract<EnqueuedRow, { errors: unknown }>): void => {
  for (const issue of row.errors) progress.line(`row ${row.row}: ${issueLine(issue)}`);
};
