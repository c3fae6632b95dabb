import { type Command, InvalidArgumentError, Option } from "commander";
import { installStatuses } from "../../install/install.ts";
import { json, wholeNumber } from "../options.ts";
import { abortOnSigint } from "../process.ts";
import { runCommand } from "../set-up.ts";

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
    .option(...json)
    .action((id, args) =>
      runCommand("status", async ({ io, installs, findInstallId }) => {
        const { statusCommand } = await import("../../cli/installs/status.ts");
        const known = await findInstallId(id);
        return statusCommand({ io, producer: { installs: await installs() } }, { id: known, ...args });
      }),
    );
  program
    .command("batch")
    .argument("[id]", "id of a batch, its beginning or its end; default: the newest")
    .description("show one batch, its progress and its failures by code")
    .option("--watch", "wait until every install has ended", false)
    .option("--out <file>", "write results as CSV or NDJSON by the file's ending; with --watch at the end")
    .option("--pause", "stop sending its installs to Bird", false)
    .option("--resume", "continue sending its installs", false)
    .option(...json)
    .action((named, args) =>
      runCommand("batch", async ({ io, installs, batches, batchDecisions, findBatchId }) => {
        const { batchCommand } = await import("../../cli/batch/batch.ts");
        const { newestBatchId } = await import("../../cli/batch/batches.ts");
        const id = named === undefined ? await newestBatchId(await batches()) : await findBatchId(named);
        const all = { ...args, id, signal: args.watch ? abortOnSigint() : undefined };
        const producer = { installs: await installs(), batches: await batches() };
        return batchCommand({ io, producer, batchActions: await batchDecisions() }, all);
      }),
    );
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
