#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { exitCode } from "./cli/exit-code.ts";
import { addActions } from "./main/add-actions.ts";
import { addDoctor } from "./main/add-doctor.ts";
import { addEnqueuers } from "./main/add-enqueuers.ts";
import { addKeys } from "./main/add-keys.ts";
import { addLooks } from "./main/add-looks.ts";
import { addRoles } from "./main/add-roles.ts";
import { addWorkspaces } from "./main/add-workspaces.ts";
import { finish } from "./main/finish.ts";
import { readVersion } from "./main/perch-package.ts";

const main = async (): Promise<void> => {
  const program = new Command("perch")
    .description("Installs WhatsApp phone numbers into Bird CRM at scale.")
    .version(await readVersion())
    .showHelpAfterError("Add --help to see what is possible.");
  // Before the commands are added: they inherit it.
  program.exitOverride();
  addRoles(program);
  addEnqueuers(program);
  addLooks(program);
  addWorkspaces(program);
  addActions(program);
  addDoctor(program);
  addKeys(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError)
      return finish(error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    finish(exitCode.failed);
  }
};

await main();
