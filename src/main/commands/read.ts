import { type Command, Option } from "commander";
import { exitCode, printNote } from "../../cli/terminal/io.ts";
import { type Install, installStatuses } from "../../install/install.ts";
import { json, oneOrMoreOf, wholeNumber } from "../options.ts";
import { abortOnSigint } from "../process.ts";
import { runCommand } from "../set-up.ts";
import { addBatchLooks } from "./batches.ts";

/** Adds the commands that show installs, and those that show batches. */
export const addLooks = (program: Command): void => {
  program
    .command("status")
    .argument("<id>", "id of an install, its beginning or its end")
    .description("show one install and its timeline")
    .option("--watch", "print new lines of its timeline until it has ended", false)
    .option(...json)
    .action((named, args) => {
      const signal = args.watch ? abortOnSigint() : undefined;
      return runCommand("status", async ({ io, installs, findInstallId, waits }) => {
        const { statusCommand } = await import("../../cli/installs/status.ts");
        const id = await findInstallId(named);
        const why = {
          stopOf: async (install: Install) => (await waits()).stopOf(install),
          whyWaiting: async (install: string) => (await waits()).ofInstall(install),
        };
        return statusCommand(
          { io, producer: { installs: await installs() }, ...why },
          { ...args, id, signal },
        );
      });
    });
  addBatchLooks(program);
  program
    .command("list")
    .argument("[search]", "an id or number, or a part of a name, id, number or metadata value")
    .description("installs, newest first")
    .addOption(
      new Option(
        "--status <statuses>",
        `only installs of these statuses, separated by commas: ${installStatuses.join(", ")}`,
      ).argParser(oneOrMoreOf(installStatuses)),
    )
    .option("--q <text>", "the same as the search")
    .option("--phone <number>", "only installs of this number")
    .option("--code <code>", "only installs that failed with this code")
    .option("--name <text>", "only installs with this in their name, in any case")
    .option("--since <time>", "only installs queued since: 2h, 3d, 2026-01-31 or an ISO 8601 time")
    .option("--from <time>", "the same as --since")
    .option("--to <time>", "only installs queued until then; a day with its end")
    .option("--order <order>", "created, or updated: only what has ended, the latest end first", "created")
    .option("--stuck", "only installs that are due for a minute and that no worker has taken", false)
    .option("--workspace <id>", "only installs of this workspace")
    .option("--batch <id>", "only installs of this batch")
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((named, { q, ...args }) =>
      runCommand("list", async ({ io, installs, findBatchId }) => {
        const { listCommand } = await import("../../cli/installs/list.ts");
        const batch = args.batch === undefined ? undefined : await findBatchId(args.batch);
        if (named !== undefined && q !== undefined) {
          printNote(io, "The search and --q say the same: choose one.");
          return exitCode.wrongUsage;
        }
        const search = named ?? q;
        return listCommand({ io, producer: { installs: await installs() } }, { ...args, search, batch });
      }),
    );
};
