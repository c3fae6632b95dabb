import type { Batch } from "../../install/batch.ts";
import { plural } from "../../install/values/shown-text.ts";
import { type Io, printJson, printLine } from "../terminal/io.ts";
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
  else printSummary(io, batch, counts, results);
  if (results !== undefined) printLine(io, `Results: ${results.path}`);
};

/** Prints the number of a batch's rows, their results, where to find more, and how rejected rows are corrected. */
export const printSummary = (
  io: Io,
  batch: Batch,
  counts: Readonly<Record<string, number>>,
  results?: ResultsFile,
): void => {
  printCounts(io, batch, counts);
  printLine(io, `Batch ${batch.id} (${batch.name}): perch batch ${batch.id}`);
  for (const text of correctionText(batch, results?.path)) printLine(io, text);
};

/** How a batch's rejected rows become installs: in its results, which hold every column but the secrets. */
export const correctionText = ({ id, rejected }: Batch, path?: string): readonly string[] =>
  rejected === 0
    ? []
    : [
        `${plural(rejected, "rejected row")}: ${path ?? `perch batch ${id} --out results.xlsx`}`,
        "  Correct them there, add the token (column accessToken, or --access-token-file) and import that file.",
      ];

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
