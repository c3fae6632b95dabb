import { type Command, InvalidArgumentError, Option } from "commander";
import { type Install, installStatuses } from "../../install/install.ts";
import { json, privately, wholeNumber } from "../options.ts";
import { abortOnSigint } from "../process.ts";
import { runCommand } from "../set-up.ts";

type Run = Parameters<typeof runCommand>[1];

/** Reads statuses separated by commas, and adds them to those of the option's earlier uses. */
const readStatuses = (text: string, before: readonly string[] = []): readonly string[] => {
  const statuses = text.split(",").map((each) => each.trim());
  const odd = statuses.find((status) => !installStatuses.some((known) => known === status));
  if (odd !== undefined) throw new InvalidArgumentError(`Allowed are ${installStatuses.join(", ")}.`);
  return [...before, ...statuses];
};

/** Adds the commands that show installs. */
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
          holdOf: async (install: Install) => (await waits()).holdOf(install),
          whyWaiting: async (install: string) => (await waits()).ofInstall(install),
        };
        return statusCommand(
          { io, producer: { installs: await installs() }, ...why },
          { ...args, id, signal },
        );
      });
    });
  program
    .command("batch")
    .argument("[id]", "id of a batch, its beginning or its end; default: the newest")
    .description("show one batch, its progress and its failures by code")
    .option("--watch", "wait until every install has ended", false)
    .option("--out <file>", "write results as CSV or NDJSON by the file's ending; with --watch at the end")
    .option("--pause", "stop sending its installs to Bird", false)
    .option("--resume", "continue sending its installs", false)
    .option(...json)
    .option(...privately)
    .action((named, args) => {
      const signal = args.watch ? abortOnSigint() : undefined;
      const run: Run = async ({ io, installs, batches, batchDecisions, findBatchId, waits }) => {
        const { batchCommand } = await import("../../cli/batch/batch.ts");
        const { newestBatchId } = await import("../../cli/batch/batches.ts");
        const id = named === undefined ? await newestBatchId(await batches()) : await findBatchId(named);
        const producer = { installs: await installs(), batches: await batches() };
        const whyWaiting = async (batch: string) => (await waits()).ofBatch(batch);
        const deps = { io, producer, batchActions: await batchDecisions(), whyWaiting };
        return batchCommand(deps, { ...args, id, signal });
      };
      return runCommand("batch", run, args.pause || args.resume ? { acts: args } : {});
    });
  program
    .command("batches")
    .description("batches, newest first")
    .option("--limit <number>", "at most this many", wholeNumber, 20)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("batches", async ({ io, batches }) => {
        const { batchesCommand } = await import("../../cli/batch/batches.ts");
        return batchesCommand({ io, producer: { batches: await batches() } }, args);
      }),
    );
  program
    .command("list")
    .description("installs, newest first")
    .addOption(
      new Option(
        "--status <statuses>",
        `only installs of these statuses, separated by commas: ${installStatuses.join(", ")}`,
      ).argParser(readStatuses),
    )
    .option("--phone <number>", "only installs of this number")
    .option("--code <code>", "only installs that failed with this code")
    .option("--name <text>", "only installs with this in their name, in any case")
    .option("--since <time>", "only installs queued since: 2h, 3d, 2026-01-31 or an ISO 8601 time")
    .option("--workspace <id>", "only installs of this workspace")
    .option("--batch <id>", "only installs of this batch")
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("list", async ({ io, installs, findBatchId }) => {
        const { listCommand } = await import("../../cli/installs/list.ts");
        const batch = args.batch === undefined ? undefined : await findBatchId(args.batch);
        return listCommand({ io, producer: { installs: await installs() } }, { ...args, batch });
      }),
    );
};
