import { type ResultRow, resultRows } from "../producer/result-rows.ts";
import { writeResults } from "../producer/write-results.ts";
import { type BatchCounts, createBatchCounts } from "./batch-counts.ts";
import { counted } from "./counted.ts";
import { type EnqueueTally, enqueueSource } from "./enqueue-source.ts";
import { exitCode } from "./exit-code.ts";
import type { ImportDeps } from "./import-deps.ts";
import type { ImportSource } from "./import-source.ts";
import { printJson, printLine, printNote } from "./print.ts";
import { createProgress } from "./progress.ts";
import { createResultTable } from "./result-table.ts";
import type { ResultsFile } from "./results-file.ts";
import { watchInstalls } from "./watch-installs.ts";

interface BatchDeps extends Required<Pick<ImportDeps, "io" | "producer">> {
  readonly source: ImportSource;
  readonly pause: NonNullable<ImportDeps["pause"]>;
}

interface BatchOptions {
  readonly name: string;
  readonly isWatched: boolean;
  readonly results: ResultsFile | undefined;
  readonly json: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Enqueues a file as a batch, waits for its end when asked to, and prints what became of it. */
export const importSource = async (deps: BatchDeps, options: BatchOptions): Promise<number> => {
  const { io, producer, source } = deps;
  const batchId = await producer.batches.create(options.name);
  const tally = await enqueueSource({ io, producer, source }, batchId);
  await producer.batches.close(batchId, tally.rows);
  const isDone =
    options.signal?.aborted !== true && (!options.isWatched || (await watch(deps, tally, options)));
  if (!isDone) {
    printStopped(deps, { batchId, tally, results: options.results });
    return exitCode.interrupted;
  }
  const needsCounts = options.isWatched || options.json;
  const seen = needsCounts ? await lookAtResults(deps, batchId, options.results) : undefined;
  if (options.json) await printBatch(deps, { batchId, tally, counts: seen?.counts });
  else printSummary(deps, { batchId, tally, seen: options.isWatched ? seen : undefined, options });
  const isWhole = tally.rejected === 0 && source.fault() === undefined;
  const isGood = !options.isWatched || seen?.counts.completed === tally.accepted + tally.attached;
  return isWhole && isGood ? exitCode.done : exitCode.failed;
};

const watch = async (deps: BatchDeps, tally: EnqueueTally, { signal }: BatchOptions): Promise<boolean> => {
  const progress = createProgress({ io: deps.io, hasBar: true });
  try {
    return await watchInstalls(
      { installs: deps.producer.installs, pause: deps.pause },
      [...tally.installIds],
      {
        signal,
        onProgress: ({ ended, failed, all }) =>
          progress.show(ended / all, `${ended} of ${all} installs ended, ${failed} failed`),
      },
    );
  } finally {
    progress.stop();
  }
};

interface SeenResults {
  readonly counts: BatchCounts;
  readonly table: string;
}

/** Goes through the results once: counts them, keeps those to show, and writes the file. */
const lookAtResults = async (
  { producer }: BatchDeps,
  batchId: string,
  file: ResultsFile | undefined,
): Promise<SeenResults> => {
  const counts = createBatchCounts();
  const table = createResultTable();
  async function* seen(): AsyncGenerator<ResultRow> {
    for await (const row of resultRows(producer, batchId)) {
      counts.add(row);
      table.add(row);
      yield row;
    }
  }
  if (file !== undefined) await writeResults(seen(), file);
  else for await (const _ of seen());
  return { counts: counts.now(), table: table.text() };
};

const printStopped = (
  { io }: BatchDeps,
  { batchId, tally, results }: { batchId: string; tally: EnqueueTally; results: ResultsFile | undefined },
): void => {
  const unwritten = results === undefined ? "" : ` ${results.path} was not written.`;
  printNote(
    io,
    `Stopped after ${counted(tally.rows, "row")}.${unwritten} What is enqueued (${counted(tally.installIds.size, "install")}) goes on; look at it with: perch list --batch ${batchId}`,
  );
};

const printBatch = async (
  { io, producer }: BatchDeps,
  { batchId, tally, counts }: { batchId: string; tally: EnqueueTally; counts: BatchCounts | undefined },
): Promise<void> => {
  const header = await producer.batches.find(batchId);
  const { installIds: _, ...rows } = tally;
  const isOpen = counts === undefined || counts.queued + counts.awaiting > 0;
  printJson(io, {
    id: batchId,
    name: header?.name,
    status: isOpen ? "running" : "finished",
    ...rows,
    ...counts,
    createdAt: header?.createdAt,
  });
};

const printSummary = (
  { io }: BatchDeps,
  {
    batchId,
    tally,
    seen,
    options,
  }: { batchId: string; tally: EnqueueTally; seen: SeenResults | undefined; options: BatchOptions },
): void => {
  if (seen !== undefined) io.stdout.write(seen.table);
  const { queued = 0, awaiting = 0, ...ended } = seen?.counts ?? {};
  const counts = seen === undefined ? { enqueued: tally.accepted } : { ...ended, pending: queued + awaiting };
  const words = Object.entries({ ...counts, rejected: tally.rejected })
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${count} ${what}`);
  const joined =
    tally.attached === 0 ? "" : ` ${tally.attached} joined an install that the number had already.`;
  printLine(io, `${counted(tally.rows, "row")}: ${words.join(", ") || "0 enqueued"}.${joined}`);
  printLine(io, `Batch ${batchId} (${options.name}): perch list --batch ${batchId}`);
  if (options.results !== undefined) printLine(io, `Results: ${options.results.path}`);
};
