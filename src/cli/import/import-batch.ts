import { BatchNotFoundError } from "../../install/errors/errors.ts";
import { plural } from "../../install/values/shown-text.ts";
import type { BatchOptions } from "../../queue/batches/batches.ts";
import { batchResource } from "../batch/read.ts";
import type { ResultsFile } from "../batch/results.ts";
import { isAllCompleted, printSummary, showBatchEnd } from "../batch/show-end.ts";
import { notWritten, printWatchStopped, watchBatch } from "../batch/watch.ts";
import { exitCode, printJson, printNote } from "../terminal/io.ts";
import type { ImportDeps } from "./deps.ts";
import { type EnqueuedSource, enqueueSource } from "./enqueue.ts";
import type { ImportSource } from "./source.ts";

interface BatchDeps extends ImportDeps {
  readonly source: ImportSource;
}

interface ImportBatchOptions extends Omit<BatchOptions, "file"> {
  readonly isWatched: boolean;
  readonly results: ResultsFile | undefined;
  readonly json: boolean;
  readonly isBrief?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Enqueues a file as a batch, waits for its end with `watch`, and prints the outcome. */
export const importSource = async (deps: BatchDeps, options: ImportBatchOptions): Promise<number> => {
  const { io, producer, source } = deps;
  const enqueued = await enqueueSource(deps, options);
  const { batchId } = enqueued;
  const isInterrupted = options.signal?.aborted === true && source.end() === "stopped";
  if (isInterrupted) {
    printInterrupted(deps, enqueued, options);
    return exitCode.interrupted;
  }
  await printHowItEnded(deps, enqueued);
  if (!options.isWatched) return showEnqueued(deps, batchId, options);
  const ended = await watchBatch(deps, { batchId, signal: options.signal });
  if (ended === undefined) return printWatchStopped(io, batchId, options.results);
  await showBatchEnd({ io, producer }, ended, options);
  return isAllCompleted(ended) ? exitCode.done : exitCode.failed;
};

/** Prints why not all rows were read. */
const printHowItEnded = async (
  { io, producer, source }: BatchDeps,
  { batchId, rows }: EnqueuedSource,
): Promise<void> => {
  const fileError = source.fileError();
  if (fileError !== undefined) {
    printNote(io, fileError.message);
    printNote(
      io,
      `What comes before it (${plural(rows, "row")}) was read. Correct it and import the file again.`,
    );
  }
  if ((await producer.batches.find(batchId))?.status === "cancelled")
    printNote(
      io,
      `Batch ${batchId} was cancelled from elsewhere after ${plural(rows, "row")}: the rest was not imported.`,
    );
};

const showEnqueued = async (
  { io, producer }: BatchDeps,
  batchId: string,
  { json }: ImportBatchOptions,
): Promise<number> => {
  const batch = await producer.batches.find(batchId);
  if (batch === undefined) throw new BatchNotFoundError(batchId);
  const { accepted, rejected, status, isCutOff } = batch;
  if (json) printJson(io, await batchResource(producer, batch));
  else printSummary(io, batch, { enqueued: accepted, rejected });
  const isWhole = rejected === 0 && isCutOff !== true && status !== "cancelled";
  return isWhole ? exitCode.done : exitCode.failed;
};

const printInterrupted = (
  { io }: BatchDeps,
  { batchId, rows }: EnqueuedSource,
  { results }: ImportBatchOptions,
): void => {
  printNote(
    io,
    `Stopped after ${plural(rows, "row")}.${notWritten(results)} What is enqueued goes on; the same command again goes on with the batch. Look at it with: perch batch ${batchId}`,
  );
};
