import type { Command } from "commander";
import { finish } from "./finish.ts";
import { setUp } from "./set-up.ts";
import { json } from "./shared-options.ts";

/** Adds the commands that act on Bird workspaces. */
export const addWorkspaces = (program: Command): void => {
  program
    .command("workspaces")
    .description("act on Bird workspaces")
    .command("resume")
    .argument("<workspace...>", "Bird workspaces, UUIDs")
    .description("lift the hold of a workspace; its installs run now")
    .option(...json)
    .action(async (workspaces, args) => {
      const context = await setUp("workspaces", { isQuiet: true });
      const { workspacesResumeCommand } = await import("../cli/workspaces-resume.ts");
      const { withQueue } = await import("../cli/with-queue.ts");
      const { io } = context;
      finish(
        await withQueue(context, ({ resumeWorkspace: resume }) =>
          workspacesResumeCommand({ io, resume }, { workspaces, ...args }),
        ),
      );
    });
};
