import type { Batch } from "../../install/batch.ts";
import { BatchNotFoundError } from "../../install/errors/errors.ts";
import { readFailures } from "../../producer/results/recent-failures.ts";
import type { RowFailure } from "../../queue/batches/rows.ts";
import { exitCode, type Io, printNote } from "../terminal/io.ts";
import { createProgress, type Progress } from "../terminal/progress.ts";
import { type WaitDeps, type WaitReason, waitWithNews } from "../terminal/wait-news.ts";
import { countsText, endedOf, failureLine, paceText } from "./lines.ts";
import type { BatchReader } from "./read.ts";
import type { ResultsFile } from "./results.ts";

/**
 * Reads a batch once a second until it has ended, and prints its progress, failures and pauses. Reads its counts and not
 * its installs, so that watching a million costs Redis no more than watching one.
 *
 * Off a terminal it also ends when the batch has halted itself, because nobody is there to let it go on.
 *
 * @returns the batch at its end; undefined when the signal was aborted.
 * @throws {BatchNotFoundError}
 */
export const watchBatch = async (
  { producer, whyWaiting, ...deps }: WaitDeps & { readonly producer: BatchReader },
  { batchId, signal }: { readonly batchId: string; readonly signal?: AbortSignal | undefined },
): Promise<Batch | undefined> => {
  const { io } = deps;
  const progress = createProgress({ io, hasBar: true });
  const tellStatus = createStatusNews(progress);
  const tellFailures = createFailureNews(producer, progress);
  let isPaused = false;
  const look = async (): Promise<Batch | undefined> => {
    const batch = await producer.batches.find(batchId);
    if (batch === undefined) throw new BatchNotFoundError(batchId);
    await tellFailures(batch);
    tellStatus(batch);
    const { ended, all } = endedOf(batch);
    progress.show(all === 0 ? 0 : ended / all, progressText(batch));
    isPaused = batch.status === "paused";
    if (hasEnded(batch)) return batch;
    if (io.isTty || !isPaused || batch.pauseReason === undefined) return undefined;
    progress.line("Stopped watching: the batch has halted and does not go on by itself.");
    return batch;
  };
  // The look tells pauses, at once, and ends the wait for a batch that has halted.
  const why = async (id: string): Promise<WaitReason | undefined> => {
    const reason = isPaused ? undefined : await whyWaiting?.(id);
    return reason?.isEndless === true ? undefined : reason;
  };
  try {
    const say = progress.line;
    const end = await waitWithNews({ ...deps, whyWaiting: why }, { id: batchId, look, say, signal });
    return typeof end === "number" ? undefined : end;
  } catch (error) {
    if (!(error instanceof BatchNotFoundError))
      progress.line(
        `Stopped watching. The batch goes on; watch it again with: perch batch ${batchId} --watch`,
      );
    throw error;
  } finally {
    progress.stop();
  }
};

/** A cancelled batch ends once Bird has answered for the installs that have their connector. */
const hasEnded = ({ status, finishedAt }: Batch): boolean =>
  status === "finished" || (status === "cancelled" && finishedAt !== undefined);

/** The most important facts come first: a narrow terminal cuts off the rest. */
const progressText = (batch: Batch): string => {
  const { ended, all } = endedOf(batch);
  const how = batch.status === "running" ? paceText(batch) : batch.status;
  return `${ended} of ${all} ended${how === "" ? "" : ` (${how})`}: ${countsText(batch)}`;
};

/** Prints once when a batch is paused, resumed or cancelled. */
const createStatusNews = (progress: Progress) => {
  let before: Batch["status"] | undefined;
  return (batch: Batch): void => {
    const { status } = batch;
    if (status === before) return;
    if (status === "paused") progress.line(pausedText(batch));
    else if (before === "paused" && (status === "running" || status === "importing"))
      progress.line("The batch goes on.");
    else if (status === "cancelled" && batch.finishedAt === undefined)
      progress.line("The batch is cancelled: installs that have their connector already end by themselves.");
    before = status;
  };
};

/** Why a batch is paused, and how to resume it. */
export const pausedText = ({ id, pauseReason }: Batch): string =>
  `Paused${pauseReason === undefined ? " by a person" : `: ${pauseReason}`}. Go on with: perch batch ${id} --resume`;

/** Prints each row once that failed since the previous read. */
const createFailureNews = (producer: BatchReader, progress: Progress) => {
  let before: ReadonlySet<string> = new Set();
  let printed = 0;
  return async ({ id, failed }: Batch): Promise<void> => {
    if (failed === 0) return;
    const latest = await producer.batches.failures(id);
    const fresh = latest.filter((failure) => !before.has(nameOf(failure))).map(({ row }) => row);
    before = new Set(latest.map(nameOf));
    // Rows that are retried are not failed any more.
    printed = Math.min(printed, failed);
    const oldestFirst = (await readFailures(producer, id, fresh)).toReversed();
    for (const row of oldestFirst) progress.line(failureLine(row));
    // When all kept failures are new, there may have been others before them.
    const more = fresh.length < latest.length ? 0 : failed - printed - fresh.length;
    if (more > 0) progress.line(`… and ${more} more failed`);
    printed += fresh.length + Math.max(0, more);
  };
};

/** A row that fails again is another failure. */
const nameOf = ({ row, failedAtMs }: RowFailure): string => `${row} ${failedAtMs}`;

/** Prints that the watch has stopped and the batch continues. */
export const printWatchStopped = (io: Io, batchId: string, results: ResultsFile | undefined): number => {
  printNote(
    io,
    `Stopped watching.${notWritten(results)} The batch goes on; watch it again with: perch batch ${batchId} --watch`,
  );
  return exitCode.interrupted;
};

/** A sentence about a results file that was not written. */
export const notWritten = (results: ResultsFile | undefined): string =>
  results === undefined ? "" : ` ${results.path} was not written.`;
