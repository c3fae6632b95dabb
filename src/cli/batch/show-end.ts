import type { Batch } from "../../install/batch.ts";
import { type Io, plural, printJson, printLine } from "../terminal/io.ts";
import { type BatchReader, batchResource } from "./read.ts";
import { type ResultsFile, resultsOfBatch } from "./results.ts";

/** Prints the outcome of a batch that has ended, and writes its results when a file is given. */
export const showBatchEnd = async (
  { io, producer }: { readonly io: Io; readonly producer: BatchReader },
  batch: Batch,
  options: {
    readonly results: ResultsFile | undefined;
    readonly json: boolean;
    /** Whether to print only three completed rows and no commands to continue with. */
    readonly isBrief?: boolean | undefined;
  },
): Promise<void> => {
  const { results, json, isBrief = false } = options;
  if (json) {
    if (results !== undefined) await resultsOfBatch(producer, batch.id, { results });
    return printJson(io, await batchResource(producer, batch));
  }
  io.stdout.write(await resultsOfBatch(producer, batch.id, { results, isBrief }));
  const { completed, failed, cancelled, queued, awaiting, rejected } = batch;
  const counts = { completed, failed, cancelled, pending: queued + awaiting, rejected };
  if (isBrief) printCounts(io, batch, counts);
  else printSummary(io, batch, counts);
  if (results !== undefined) printLine(io, `Results: ${results.path}`);
};

/** Prints the number of a batch's rows, their results, and where to find more. */
export const printSummary = (io: Io, batch: Batch, counts: Readonly<Record<string, number>>): void => {
  printCounts(io, batch, counts);
  printLine(io, `Batch ${batch.id} (${batch.name}): perch batch ${batch.id}`);
};

const printCounts = (io: Io, { rows, attached }: Batch, counts: Readonly<Record<string, number>>): void => {
  const words = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  const repeats = attached === 0 ? "" : ` ${attached} attached to an install that the number had already.`;
  printLine(io, `${plural(rows, "row")}: ${words.join(", ") || "0 enqueued"}.${repeats}`);
};

/** Whether every row of a batch is installed. */
export const isAllCompleted = ({ accepted, attached, rejected, completed, isCutOff }: Batch): boolean =>
  rejected === 0 && completed === accepted + attached && isCutOff !== true;
