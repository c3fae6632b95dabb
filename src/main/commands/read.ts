import { type Command, Option } from "commander";
import { installStatuses } from "../../install/install.ts";
import { json, wholeNumber } from "../options.ts";
import { abortOnSigint, setExitCode } from "../process.ts";
import { setUp } from "../set-up.ts";

/** Adds the commands that show installs. */
export const addLooks = (program: Command): void => {
  program
    .command("status")
    .argument("<id>", "id of an install")
    .description("show one install and its timeline")
    .option(...json)
    .action(async (id, args) => {
      const context = await setUp("status", { isQuiet: true });
      const { statusCommand } = await import("../../cli/installs/status.ts");
      const { withQueue } = await import("../../cli/open/with-queue.ts");
      const { io } = context;
      const command = { id, ...args };
      setExitCode(
        await withQueue(context, ({ installs }) => statusCommand({ io, producer: { installs } }, command)),
      );
    });
  program
    .command("batch")
    .argument("<id>", "id of a batch")
    .description("show one batch, its progress and latest failures")
    .option("--watch", "wait until every install has ended", false)
    .option("--out <file>", "write results as CSV or NDJSON by the file's ending; with --watch at the end")
    .option("--pause", "stop sending its installs to Bird", false)
    .option("--resume", "continue sending its installs", false)
    .option(...json)
    .action(async (id, args) => {
      const context = await setUp("batch", { isQuiet: true });
      const { batchCommand } = await import("../../cli/batch/batch.ts");
      const { withQueue } = await import("../../cli/open/with-queue.ts");
      const { io } = context;
      const all = { ...args, id, signal: args.watch ? abortOnSigint() : undefined };
      setExitCode(
        await withQueue(context, ({ batchActions, ...producer }) =>
          batchCommand({ io, producer, batchActions }, all),
        ),
      );
    });
  program
    .command("list")
    .description("installs, newest first")
    .addOption(new Option("--status <status>", "only installs of this status").choices(installStatuses))
    .option("--workspace <id>", "only installs of this workspace")
    .option("--batch <id>", "only installs of this batch")
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action(async (args) => {
      const context = await setUp("list", { isQuiet: true });
      const { listCommand } = await import("../../cli/installs/list.ts");
      const { withQueue } = await import("../../cli/open/with-queue.ts");
      const { io } = context;
      setExitCode(
        await withQueue(context, ({ installs }) => listCommand({ io, producer: { installs } }, args)),
      );
    });
};
