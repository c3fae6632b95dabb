import { Command } from "commander";
import { addActions } from "./add-actions.ts";
import { addDoctor } from "./add-doctor.ts";
import { addEnqueuers } from "./add-enqueuers.ts";
import { addKeys } from "./add-keys.ts";
import { addLooks } from "./add-looks.ts";
import { addRoles } from "./add-roles.ts";
import { addWorkspaces } from "./add-workspaces.ts";

/** Every command of perch with its options. Runs nothing: what a command needs is loaded when it is called. */
export const buildProgram = (version: string): Command => {
  const program = new Command("perch")
    .description("Installs WhatsApp phone numbers into Bird CRM at scale.")
    .version(version)
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
  return program;
};
