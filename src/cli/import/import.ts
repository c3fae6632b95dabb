import { basename } from "node:path";
import type { CheckRow } from "../../producer/import/check-rows.ts";
import { ImportFileError } from "../../producer/read/errors.ts";
import type { BatchOptions } from "../../queue/batches/batches.ts";
import { checkResultsFile, type ResultsFile } from "../batch/results.ts";
import { exitCode, printNote } from "../terminal/io.ts";
import type { ImportDeps } from "./deps.ts";
import { dryRunImport } from "./dry-run.ts";
import { readHaltOptions } from "./halt-options.ts";
import { importSource } from "./import-batch.ts";
import { type ReadingArgs, type ReadingOptions, readReadingOptions } from "./reading-options.ts";
import { openImportSource } from "./source.ts";

export interface ImportArgs extends ReadingArgs {
  /** The batch's name; default: the file's. */
  readonly name?: string | undefined;
  readonly dryRun: boolean;
  /** Asks Meta about each number, in a dry run. */
  readonly checkMeta?: boolean | undefined;
  readonly watch: boolean;
  /** File for the results; implies `watch`. */
  readonly out?: string | undefined;
  /** Number of installs that run first, 1 to 1000. */
  readonly canary?: string | undefined;
  /** Percent of failed installs beyond which the batch pauses by itself: `20` or `20%`. */
  readonly haltAt?: string | undefined;
  readonly ignoreUnknownColumns: boolean;
  readonly json: boolean;
  /** Whether to print only three completed rows at the end. */
  readonly isBrief?: boolean | undefined;
  /** Stops reading and watching; enqueued installs continue. */
  readonly signal?: AbortSignal | undefined;
}

/** `perch import`: enqueues the valid rows of a file as one batch and prints what is wrong with the others. */
export const importCommand = async (deps: ImportDeps, args: ImportArgs): Promise<number> => {
  const { io } = deps;
  const { file } = args;
  if (args.dryRun && (args.watch || args.out !== undefined)) {
    printNote(
      io,
      "A dry run enqueues nothing, so there is nothing to wait for: leave out --watch and --out.",
    );
    return exitCode.wrongUsage;
  }
  if (args.checkMeta === true && !args.dryRun) {
    printNote(
      io,
      "--check-meta belongs to --dry-run. Before each create META_PREFLIGHT checks numbers at Meta.",
    );
    return exitCode.wrongUsage;
  }
  const checkRow = args.checkMeta === true ? await deps.openCheck?.() : undefined;
  if (args.checkMeta === true && checkRow === undefined) {
    printNote(io, "--check-meta needs META_APP_ID and META_APP_SECRET, the app of the embedded signup.");
    return exitCode.wrongUsage;
  }
  const results = args.out === undefined ? undefined : await checkResultsFile(args.out, file);
  if (typeof results === "string") {
    printNote(io, results);
    return exitCode.wrongUsage;
  }
  const halt = readHaltOptions(args);
  if (typeof halt === "string") {
    printNote(io, halt);
    return exitCode.wrongUsage;
  }
  const reading = await readReadingOptions(io, args);
  if (typeof reading === "string") {
    printNote(io, reading);
    return exitCode.wrongUsage;
  }
  try {
    return await importFile({ ...deps, checkRow }, { ...args, ...halt, ...reading }, results);
  } catch (error) {
    if (!(error instanceof ImportFileError)) throw error;
    printNote(io, `${nameOf(file)}: ${error.message}`);
    return exitCode.failed;
  }
};

const importFile = async (
  deps: ImportDeps & { readonly checkRow: CheckRow | undefined },
  args: Omit<ImportArgs, "canary" | "haltAt" | keyof ReadingOptions> &
    Omit<BatchOptions, "name" | "file"> &
    ReadingOptions,
  results: ResultsFile | undefined,
): Promise<number> => {
  const { io, producer } = deps;
  const source = await openImportSource(io.stdin, args);
  if (source === undefined) {
    printNote(io, "Stopped. Nothing was enqueued.");
    return exitCode.interrupted;
  }
  for (const note of source.file.notes ?? []) printNote(io, note);
  try {
    if (args.dryRun) return await dryRunImport({ io, producer, source, checkRow: deps.checkRow }, args);
    const name = args.name ?? nameOf(args.file);
    const isWatched = args.watch || results !== undefined;
    return await importSource({ ...deps, source }, { ...args, name, isWatched, results });
  } finally {
    await source.close();
  }
};

const nameOf = (file: string): string => (file === "-" ? "standard input" : basename(file));
