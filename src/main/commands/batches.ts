import { type Command, Option } from "commander";
import { exitCode, printNote } from "../../cli/terminal/io.ts";
import { batchStatuses } from "../../install/batch.ts";
import { rowStatuses } from "../../producer/results/row-page.ts";
import { json, oneOrMoreOf, privately, wholeNumber } from "../options.ts";
import { abortOnSigint } from "../process.ts";
import { runCommand } from "../set-up.ts";

type Run = Parameters<typeof runCommand>[1];

/** Rows of a page, unless `--limit` says. */
const rowsLimit = 50;

/** Adds the commands that show batches. */
export const addBatchLooks = (program: Command): void => {
  program
    .command("batch")
    .argument("[id]", "id of a batch, its beginning or its end; default: the newest")
    .description("show one batch, its progress and its failures by code, or its rows")
    .option("--watch", "wait until every install has ended", false)
    .option(
      "--out <file>",
      "write results as CSV, XLSX or NDJSON by the file's ending; with --watch at the end",
    )
    .option("--pause", "stop sending its installs to Bird", false)
    .option("--resume", "continue sending its installs", false)
    .option("--rows", "its rows in input order, with the options below", false)
    .addOption(
      new Option(
        "--status <statuses>",
        `only rows of these statuses, separated by commas: ${rowStatuses.join(", ")}`,
      ).argParser(oneOrMoreOf(rowStatuses)),
    )
    .option("--code <code>", "only rows that failed, or were rejected, with this code")
    .option(
      "--search <text>",
      "only rows with this id, number, or part of a name, id, number or metadata value",
    )
    .option("--limit <number>", `at most this many rows; default: ${rowsLimit}`, wholeNumber)
    .option("--cursor <cursor>", "continue after the previous page of rows")
    .option(...json)
    .option(...privately)
    .action((named, { rows, status, code, search, limit, cursor, ...args }) => {
      const fault = misuse(named, { ...args, rows, ofRows: [status, code, search, limit, cursor] });
      const signal = args.watch && fault === undefined ? abortOnSigint() : undefined;
      const run: Run = async ({ io, installs, batches, batchDecisions, findBatchId, waits }) => {
        const { batchCommand } = await import("../../cli/batch/batch.ts");
        const { newestBatchId } = await import("../../cli/batch/batches.ts");
        if (fault !== undefined) {
          printNote(io, fault);
          return exitCode.wrongUsage;
        }
        const id = named === undefined ? await newestBatchId(await batches()) : await findBatchId(named);
        const producer = { installs: await installs(), batches: await batches() };
        if (rows && id !== undefined) {
          const { batchRowsCommand } = await import("../../cli/batch/rows.ts");
          const page = { status, code, search, limit: limit ?? rowsLimit, cursor, json: args.json };
          return batchRowsCommand({ io, producer }, { ...page, id });
        }
        const whyWaiting = async (batch: string) => (await waits()).ofBatch(batch);
        const deps = { io, producer, batchActions: await batchDecisions(), whyWaiting };
        return batchCommand(deps, { ...args, id, signal });
      };
      return runCommand("batch", run, args.pause || args.resume ? { acts: args } : {});
    });
  program
    .command("batches")
    .description("batches, newest first")
    .addOption(
      new Option(
        "--status <statuses>",
        `only batches of these statuses, separated by commas: ${batchStatuses.join(", ")}`,
      ).argParser(oneOrMoreOf(batchStatuses)),
    )
    .option("--name <text>", "only batches with this in their name, in any case")
    .option("--limit <number>", "at most this many", wholeNumber, 20)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("batches", async ({ io, batches }) => {
        const { batchesCommand } = await import("../../cli/batch/batches.ts");
        return batchesCommand({ io, producer: { batches: await batches() } }, args);
      }),
    );
};

interface BatchOptions {
  readonly rows: boolean;
  readonly watch: boolean;
  readonly out?: string | undefined;
  readonly pause: boolean;
  readonly resume: boolean;
  /** What chooses rows. */
  readonly ofRows: readonly unknown[];
}

/** Why these options of `perch batch` do not go together, in one sentence. */
const misuse = (
  named: string | undefined,
  { rows, watch, out, pause, resume, ofRows }: BatchOptions,
): string | undefined => {
  if (!rows && ofRows.some((each) => each !== undefined))
    return "--status, --code, --search, --limit and --cursor choose rows: add --rows.";
  if (rows && (watch || pause || resume || out !== undefined))
    return "--rows goes with none of --watch, --out, --pause and --resume.";
  // An empty variable would otherwise pause or resume the newest, which may be another's.
  return named === undefined && (pause || resume)
    ? "Name the batch that is paused or resumed: perch batches lists them."
    : undefined;
};
