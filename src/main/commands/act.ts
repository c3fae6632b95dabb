import type { Command } from "commander";
import { json, yes } from "../options.ts";
import { setExitCode } from "../process.ts";
import { setUp } from "../set-up.ts";

/** Adds the commands that act on installs. */
export const addActions = (program: Command): void => {
  program
    .command("retry")
    .argument("[id...]", "ids of installs")
    .description("retry failed and cancelled installs")
    .option("--batch <id>", "the installs of a batch, instead of ids")
    .option("--where <code=…>", "only installs of the batch that failed with this code")
    .option("--access-token-file <file>", "file that holds a new long-lived token; - is standard input")
    .option(...yes)
    .option(...json)
    .action(async (ids, args) => {
      const context = await setUp("retry", { isQuiet: true });
      const { retryCommand } = await import("../../cli/installs/retry.ts");
      const { withActions } = await import("../../cli/open/with-actions.ts");
      const { io } = context;
      setExitCode(await withActions(context, (open) => retryCommand({ io, ...open }, { ids, ...args })));
    });
  program
    .command("cancel")
    .argument("[id...]", "ids of installs")
    .description("end installs that have not ended")
    .option("--batch <id>", "the installs of a batch, instead of ids")
    .option(...yes)
    .option(...json)
    .action(async (ids, args) => {
      const context = await setUp("cancel", { isQuiet: true });
      const { cancelCommand } = await import("../../cli/installs/cancel.ts");
      const { withActions } = await import("../../cli/open/with-actions.ts");
      const { io } = context;
      setExitCode(
        await withActions(context, ({ batches, installs, ...open }) =>
          cancelCommand({ io, producer: { batches, installs }, ...open }, { ids, ...args }),
        ),
      );
    });
  program
    .command("uninstall")
    .argument("<id>", "id of an install")
    .description("delete an install's connector at Bird; asks first")
    .option(...yes)
    .option(...json)
    .action(async (id, args) => {
      const context = await setUp("uninstall", { needed: ["BIRD_ACCESS_KEY"], isQuiet: true });
      const { uninstallCommand } = await import("../../cli/installs/uninstall.ts");
      const { withActions } = await import("../../cli/open/with-actions.ts");
      const { io } = context;
      setExitCode(
        await withActions(context, ({ uninstall }) => uninstallCommand({ io, uninstall }, { id, ...args })),
      );
    });
  program
    .command("erase")
    .description(
      "delete a number's ended installs, and everything else that names it, from Redis; asks first",
    )
    .requiredOption("--phone <number>", "phone number with its country code")
    .option(...yes)
    .option(...json)
    .action(async (args) => {
      const context = await setUp("erase", { isQuiet: true });
      const { eraseCommand } = await import("../../cli/installs/erase.ts");
      const { withErase } = await import("../../cli/open/with-erase.ts");
      const { io } = context;
      setExitCode(await withErase(context, (open) => eraseCommand({ io, ...open }, args)));
    });
};
