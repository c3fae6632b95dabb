import { Command } from "commander";
import { addActions } from "./commands/act.ts";
import { addCheck } from "./commands/check.ts";
import { addCompletion } from "./commands/completion.ts";
import { addConnect } from "./commands/connect.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addEnqueuers } from "./commands/enqueue.ts";
import { addEvents } from "./commands/events.ts";
import { addKeys } from "./commands/keys.ts";
import { addNotifications } from "./commands/notifications.ts";
import { addLooks } from "./commands/read.ts";
import { addRoles } from "./commands/roles.ts";
import { addShards } from "./commands/shards.ts";
import { addStats } from "./commands/stats.ts";
import { addWorkspaces } from "./commands/workspaces.ts";
import { completeHelp, helpStyle } from "./help.ts";
import { loadEnvFile } from "./load-env-file.ts";

/** Every command of perch with its options. Runs nothing: what a command needs is loaded when it is called. */
export const buildProgram = (version: string): Command => {
  const program = new Command("perch")
    .description("Installs WhatsApp phone numbers into Bird CRM at scale.")
    .version(version)
    .option(
      "--env-file <file>",
      "file of settings to read in place of .env; goes before or after the command",
    )
    .showHelpAfterError("Add --help to see what is possible.")
    .hook("preAction", async (all, command) => {
      // Making a key or a completion needs no setting.
      if (command.parent?.name() !== "keys" && command.name() !== "completion")
        await loadSettings(all.opts());
    });
  // Before the commands are added: they inherit it.
  program.exitOverride().configureHelp(helpStyle);
  for (const [group, adders] of groups) {
    program.commandsGroup(group);
    for (const add of adders) add(program);
  }
  // In the last group: by itself it would stand in one of its own.
  program.helpCommand(true);
  completeHelp(program);
  return program;
};

/** Commands by task, in the order of the help. */
const groups = [
  ["Run:", [addRoles]],
  ["Enqueue:", [addEnqueuers, addConnect]],
  ["Look:", [addLooks, addEvents, addNotifications, addCheck]],
  ["Act:", [addActions]],
  ["Operate:", [addDoctor, addStats, addWorkspaces, addShards, addKeys, addCompletion]],
] as const;

const loadSettings = async ({ envFile: named }: { readonly envFile?: string }): Promise<void> => {
  const { inspectConfig, isSettingName } = await import("../config/config.ts");
  const say = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  loadEnvFile({ named, isSettingName, defaults: { ...inspectConfig({}).config }, env: process.env, say });
};
