import { plural } from "../../install/values/shown-text.ts";
import type { Producer } from "../../producer/producer.ts";
import type { EnqueuedRow } from "../../producer/put/enqueued.ts";
import type { BatchOptions } from "../../queue/batches/batches.ts";
import { type Io, issueLine, rowName } from "../terminal/io.ts";
import { createProgress, type Progress } from "../terminal/progress.ts";
import type { ImportSource } from "./source.ts";

/** The batch that rows of a file went into. */
export interface EnqueuedSource {
  readonly batchId: string;
  /** How many rows of the file were read. */
  readonly rows: number;
}

/** Enqueues the rows of a file as a batch, and prints every issue of every row as it is read. */
export const enqueueSource = async (
  deps: { readonly io: Io; readonly producer: Pick<Producer, "importRows">; readonly source: ImportSource },
  options: Omit<BatchOptions, "file">,
): Promise<EnqueuedSource> => {
  const { io, producer, source } = deps;
  let rowCount = 0;
  let last = "row 0";
  let rejected = 0;
  const progress = createProgress({ io, hasBar: source.share() !== undefined });
  try {
    const { name, canary, haltAt } = options;
    const { file, end } = source;
    const opened = await producer.importRows(source.rows, { name, canary, haltAt, file, end });
    const { batchId, isContinued, rows } = opened;
    if (isContinued) progress.line(`Going on with batch ${batchId}, which was cut off.`);
    for await (const row of rows) {
      rowCount = row.row;
      last = rowName(row);
      if ("errors" in row) {
        rejected += 1;
        printIssues(progress, row, file);
      }
      progress.show(source.share() ?? 0, `${plural(rowCount, "row")} read, ${rejected} rejected`);
    }
    return { batchId, rows: rowCount };
  } catch (error) {
    progress.line(
      `Stopped ${rowCount === 0 ? "before the first row" : `after ${last}`}. The same command again goes on with the batch: numbers that are enqueued are not enqueued twice.`,
    );
    throw error;
  } finally {
    progress.stop();
  }
};

/** Prints what is wrong with a row, by the headings of its file. */
export const printIssues = (
  progress: Progress,
  row: Pick<Extract<EnqueuedRow, { errors: unknown }>, "row" | "line" | "errors">,
  { headings = new Map() }: Pick<ImportSource["file"], "headings">,
): void => {
  const names = new Map([...headings].map(([member, heading]) => [member, `"${heading}" (${member})`]));
  for (const issue of row.errors) progress.line(`${rowName(row)}: ${issueLine(issue, names)}`);
};
