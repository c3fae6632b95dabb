import type { Command } from "commander";
import { finish } from "./finish.ts";
import { setUp } from "./set-up.ts";
import { json, yes } from "./shared-options.ts";

/** Adds the commands that act on installs. */
export const addActions = (program: Command): void => {
  program
    .command("retry")
    .argument("<id...>", "ids of installs")
    .description("start failed and cancelled installs again")
    .option("--access-token-file <file>", "file that holds a new long-lived token; - is standard input")
    .option(...yes)
    .option(...json)
    .action(async (ids, args) => {
      const context = await setUp("retry", { isQuiet: true });
      const { retryCommand } = await import("../cli/retry.ts");
      const { withActions } = await import("../cli/with-actions.ts");
      const { io } = context;
      finish(await withActions(context, ({ actions }) => retryCommand({ io, actions }, { ids, ...args })));
    });
  program
    .command("cancel")
    .argument("<id...>", "ids of installs")
    .description("end installs that have not ended")
    .option(...yes)
    .option(...json)
    .action(async (ids, args) => {
      const context = await setUp("cancel", { isQuiet: true });
      const { cancelCommand } = await import("../cli/cancel.ts");
      const { withActions } = await import("../cli/with-actions.ts");
      const { io } = context;
      finish(await withActions(context, ({ actions }) => cancelCommand({ io, actions }, { ids, ...args })));
    });
  program
    .command("uninstall")
    .argument("<id>", "id of an install")
    .description("delete an install's connector at Bird; asks first")
    .option(...yes)
    .option(...json)
    .action(async (id, args) => {
      const context = await setUp("uninstall", { needed: ["BIRD_ACCESS_KEY"], isQuiet: true });
      const { uninstallCommand } = await import("../cli/uninstall.ts");
      const { withActions } = await import("../cli/with-actions.ts");
      const { io } = context;
      finish(
        await withActions(context, ({ uninstall }) => uninstallCommand({ io, uninstall }, { id, ...args })),
      );
    });
};
