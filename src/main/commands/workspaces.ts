import type { Command } from "commander";
import { json, privately, wholeNumber } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** Adds the commands that act on Bird workspaces. */
export const addWorkspaces = (program: Command): void => {
  const workspaces = program.command("workspaces").description("look at and act on Bird workspaces");
  workspaces
    .command("list")
    .description("workspaces: held or not, installs, subscription, own access key, latest event")
    .option("--held", "only those that are held", false)
    .option("--text <text>", "only those with this in their id")
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("workspaces", async ({ io, listWorkspaces }) => {
        const { workspacesListCommand } = await import("../../cli/workspaces/list.ts");
        return workspacesListCommand({ io, list: await listWorkspaces() }, args);
      }),
    );
  workspaces
    .command("prepare")
    .argument("<workspace...>", "Bird workspaces, UUIDs")
    .description("make sure that Bird sends a workspace's channel.created to Perch")
    .option(
      "--rotate",
      "make a new subscription with the present signing key, then delete the old one",
      false,
    )
    .option(...privately)
    .option(...json)
    .action((workspaces, args) =>
      runCommand(
        "workspaces",
        async ({ io, prepareWorkspace }) => {
          const { workspacesPrepareCommand } = await import("../../cli/workspaces/prepare.ts");
          const prepare = await prepareWorkspace();
          return workspacesPrepareCommand({ io, prepare }, { workspaces, ...args });
        },
        { needed: ["BIRD_ACCESS_KEY"], acts: args },
      ),
    );
  workspaces
    .command("resume")
    .argument("<workspace...>", "Bird workspaces, UUIDs")
    .description("lift the hold of a workspace; its installs run now")
    .option(...privately)
    .option(...json)
    .action((workspaces, args) =>
      runCommand(
        "workspaces",
        async ({ io, resumeWorkspace }) => {
          const { workspacesResumeCommand } = await import("../../cli/workspaces/resume.ts");
          const resume = await resumeWorkspace();
          return workspacesResumeCommand({ io, resume }, { workspaces, ...args });
        },
        { acts: args },
      ),
    );
  workspaces
    .command("key")
    .argument("<workspace>", "Bird workspace, a UUID")
    .description("store a workspace's own access key, sealed; reads it from --key-file or standard input")
    .option("--key-file <file>", "file that holds the access key; - is standard input")
    .option("--remove", "remove the key: BIRD_ACCESS_KEY is used again", false)
    .option(...privately)
    .option(...json)
    .action((workspace, args) =>
      runCommand(
        "workspaces",
        async ({ io, changeAccessKey }) => {
          const { workspacesKeyCommand } = await import("../../cli/workspaces/key.ts");
          const deps = { io, change: await changeAccessKey() };
          return workspacesKeyCommand(deps, { workspace, ...args });
        },
        { acts: args },
      ),
    );
};
