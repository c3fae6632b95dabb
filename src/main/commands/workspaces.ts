import type { Command } from "commander";
import { json } from "../options.ts";
import { setExitCode } from "../process.ts";
import { setUp } from "../set-up.ts";

/** Adds the commands that act on Bird workspaces. */
export const addWorkspaces = (program: Command): void => {
  const workspaces = program.command("workspaces").description("act on Bird workspaces");
  workspaces
    .command("prepare")
    .argument("<workspace...>", "Bird workspaces, UUIDs")
    .description("make sure that Bird sends a workspace's channel.created to Perch")
    .option(
      "--rotate",
      "make a new subscription with the present signing key, then delete the old one",
      false,
    )
    .option(...json)
    .action(async (ids, args) => {
      const context = await setUp("workspaces", { needed: ["BIRD_ACCESS_KEY"], isQuiet: true });
      const { workspacesPrepareCommand } = await import("../../cli/workspaces/prepare.ts");
      const { withWorkspaces } = await import("../../cli/open/with-workspaces.ts");
      const { io } = context;
      setExitCode(
        await withWorkspaces(context, ({ prepare }) =>
          workspacesPrepareCommand({ io, prepare }, { workspaces: ids, ...args }),
        ),
      );
    });
  workspaces
    .command("resume")
    .argument("<workspace...>", "Bird workspaces, UUIDs")
    .description("lift the hold of a workspace; its installs run now")
    .option(...json)
    .action(async (ids, args) => {
      const context = await setUp("workspaces", { isQuiet: true });
      const { workspacesResumeCommand } = await import("../../cli/workspaces/resume.ts");
      const { withQueue } = await import("../../cli/open/with-queue.ts");
      const { io } = context;
      setExitCode(
        await withQueue(context, ({ resumeWorkspace: resume }) =>
          workspacesResumeCommand({ io, resume }, { workspaces: ids, ...args }),
        ),
      );
    });
  workspaces
    .command("key")
    .argument("<workspace>", "Bird workspace, a UUID")
    .description("store a workspace's own access key, sealed; reads it from --key-file or standard input")
    .option("--key-file <file>", "file that holds the access key; - is standard input")
    .option("--remove", "remove the key: BIRD_ACCESS_KEY is used again", false)
    .option(...json)
    .action(async (workspace, args) => {
      const context = await setUp("workspaces", { isQuiet: true });
      const { workspacesKeyCommand } = await import("../../cli/workspaces/key.ts");
      const { withWorkspaces } = await import("../../cli/open/with-workspaces.ts");
      const { io } = context;
      setExitCode(
        await withWorkspaces(context, (open) =>
          workspacesKeyCommand({ io, ...open }, { workspace, ...args }),
        ),
      );
    });
};
