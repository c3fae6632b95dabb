import type { Command } from "commander";
import type { CommandContext } from "../../cli/open/context.ts";
import { exitCode, printNote } from "../../cli/terminal/io.ts";
import { json, privately, yes } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** The full ids of what a command names by their beginnings or ends. */
const completeIds = async (
  { findInstallId, findBatchId }: Pick<CommandContext, "findInstallId" | "findBatchId">,
  { ids, batch }: { readonly ids: readonly string[]; readonly batch?: string | undefined },
) => ({
  ids: await Promise.all(ids.map(findInstallId)),
  batch: batch === undefined ? undefined : await findBatchId(batch),
});

/** What installs have in common, each member in an option of its own. */
const where = [
  "--where <member=…>",
  "installs by what they have in common: code, status, workspace, phone, name, q, from, to; may be repeated",
  (text: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), text],
] as const;

/** What chooses among all installs, when neither ids nor a batch do. */
const commonOf = (
  ids: readonly string[],
  {
    batch,
    where: members = [],
    code,
  }: {
    readonly batch?: string | undefined;
    readonly where?: readonly string[] | undefined;
    readonly code?: string | undefined;
  },
): readonly string[] | undefined => {
  const all = code === undefined ? members : [...members, `code=${code}`];
  return ids.length > 0 || batch !== undefined || all.length === 0 ? undefined : all;
};

/** Adds the commands that act on installs. */
export const addActions = (program: Command): void => {
  program
    .command("retry")
    .argument("[id...]", "ids of installs, their beginnings or ends")
    .description("retry failed and cancelled installs")
    .option("--batch <id>", "the installs of a batch, instead of ids")
    .option("--code <code>", "only installs that failed with this code")
    .option(...where)
    .option("--access-token-file <file>", "file that holds a new long-lived token; - is standard input")
    .option(...yes)
    .option(...privately)
    .option(...json)
    .action((ids, args) =>
      runCommand(
        "retry",
        async ({ io, actions, ...context }) => {
          const common = commonOf(ids, args);
          if (common !== undefined) {
            const { retryManyCommand } = await import("../../cli/installs/many.ts");
            return retryManyCommand({ io, ...(await actions()) }, { ...args, where: common });
          }
          const { retryCommand } = await import("../../cli/installs/retry.ts");
          const named = await completeIds(context, { ids, ...args });
          const where = args.where?.join(" ");
          return retryCommand({ io, ...(await actions()) }, { ...args, ...named, where });
        },
        { acts: args },
      ),
    );
  program
    .command("cancel")
    .argument("[id...]", "ids of installs, their beginnings or ends")
    .description("end installs that have not ended")
    .option("--batch <id>", "the installs of a batch, instead of ids")
    .option(...where)
    .option(...yes)
    .option(...privately)
    .option(...json)
    .action((ids, args) =>
      runCommand(
        "cancel",
        async ({ io, actions, batches, installs, ...context }) => {
          const common = commonOf(ids, args);
          if (common !== undefined) {
            const { cancelManyCommand } = await import("../../cli/installs/many.ts");
            return cancelManyCommand({ io, ...(await actions()) }, { ...args, where: common });
          }
          const { cancelCommand } = await import("../../cli/installs/cancel.ts");
          if (args.where !== undefined) {
            printNote(io, "--where chooses among all installs: give it without ids and --batch.");
            return exitCode.wrongUsage;
          }
          const acts = await actions();
          const producer = { batches: await batches(), installs: await installs() };
          const named = await completeIds(context, { ids, ...args });
          return cancelCommand({ io, producer, ...acts }, { ...args, ...named });
        },
        { acts: args },
      ),
    );
  program
    .command("uninstall")
    .argument("<id>", "id of an install, its beginning or its end")
    .description("delete an install's connector at Bird; asks first")
    .option(...yes)
    .option(...privately)
    .option(...json)
    .action((id, args) =>
      runCommand(
        "uninstall",
        async ({ io, uninstall, findInstallId }) => {
          const { uninstallCommand } = await import("../../cli/installs/uninstall.ts");
          const known = await findInstallId(id);
          return uninstallCommand({ io, uninstall: await uninstall() }, { id: known, ...args });
        },
        { needed: ["BIRD_ACCESS_KEY"], acts: args },
      ),
    );
  program
    .command("erase")
    .description(
      "delete a number's ended installs, and everything else that names it, from Redis; asks first",
    )
    .requiredOption("--phone <number>", "phone number with its country code")
    .option(...yes)
    .option(...privately)
    .option(...json)
    .action((args) =>
      runCommand(
        "erase",
        async ({ io, eraseNumber }) => {
          const { eraseCommand } = await import("../../cli/installs/erase.ts");
          return eraseCommand({ io, eraseNumber: await eraseNumber() }, args);
        },
        { acts: args },
      ),
    );
};
