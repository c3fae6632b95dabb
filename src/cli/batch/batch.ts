import { BatchNotFoundError } from "../../install/errors/errors.ts";
import { withFailures } from "../../producer/results/failures-by-code.ts";
import type { BatchActions } from "../../queue/actions/batch.ts";
import { exitCode, printJson, printLine, printNote } from "../terminal/io.ts";
import { printOfStatus } from "../terminal/paint-status.ts";
import type { WaitDeps } from "../terminal/wait-news.ts";
import { type BatchReader, batchResource, onBatch } from "./read.ts";
import { checkResultsFile, type ResultsFile, resultsOfBatch } from "./results.ts";
import { isAllCompleted, showBatchEnd } from "./show-end.ts";
import { batchText } from "./text.ts";
import { printWatchStopped, watchBatch } from "./watch.ts";

export interface BatchArgs {
  /** Undefined when there is no batch at all. */
  readonly id: string | undefined;
  /** Watches the batch until it has ended. */
  readonly watch: boolean;
  /** File for its results: the current ones, or with `watch` those at its end. */
  readonly out?: string | undefined;
  readonly pause: boolean;
  readonly resume: boolean;
  readonly json: boolean;
  /** Stops watching. */
  readonly signal?: AbortSignal | undefined;
}

interface BatchDeps extends WaitDeps {
  readonly producer: BatchReader;
  readonly batchActions: Pick<BatchActions, "pause" | "resume">;
}

/** `perch batch`: shows one batch, its progress and latest failures; pauses or resumes it. */
export const batchCommand = async (deps: BatchDeps, args: BatchArgs): Promise<number> => {
  const { io } = deps;
  if (args.id === undefined) {
    printNote(io, "There is no batch yet. Import a file with: perch import FILE");
    return exitCode.failed;
  }
  if (args.pause && args.resume) {
    printNote(io, "--pause and --resume contradict each other: choose one.");
    return exitCode.wrongUsage;
  }
  const results = args.out === undefined ? undefined : await checkResultsFile(args.out);
  if (typeof results === "string") {
    printNote(io, results);
    return exitCode.wrongUsage;
  }
  return onBatch(io, args.id, async (id) => {
    if (args.pause) await deps.batchActions.pause(id);
    if (args.resume) await deps.batchActions.resume(id);
    return args.watch ? watch(deps, { ...args, id, results }) : show(deps, { ...args, id, results });
  });
};

interface ShowOptions extends Pick<BatchArgs, "json" | "signal"> {
  readonly id: string;
  readonly results: ResultsFile | undefined;
}

const watch = async (deps: BatchDeps, { id, json, signal, results }: ShowOptions): Promise<number> => {
  const { io, producer } = deps;
  const ended = await watchBatch(deps, { batchId: id, signal });
  if (ended === undefined) return printWatchStopped(io, id, results);
  await showBatchEnd({ io, producer }, ended, { results, json });
  return isAllCompleted(ended) ? exitCode.done : exitCode.failed;
};

const show = async ({ io, producer }: BatchDeps, { id, json, results }: ShowOptions): Promise<number> => {
  const batch = await producer.batches.find(id);
  if (batch === undefined) throw new BatchNotFoundError(id);
  if (results !== undefined) await resultsOfBatch(producer, id, { results });
  if (json) {
    printJson(io, await batchResource(producer, batch));
    return exitCode.done;
  }
  printOfStatus(io, batch.status, batchText(await withFailures(producer, batch)));
  if (results !== undefined) printLine(io, `Results: ${results.path}`);
  return exitCode.done;
};
