import { Command } from "commander";
import { addConnect } from "../../../src/main/commands/connect.ts";
import { addRoles } from "../../../src/main/commands/roles.ts";

/** Names of the commands that run until they are stopped. */
export const perchCommands = (): readonly string[] => {
  const program = new Command("perch");
  addRoles(program);
  addConnect(program);
  return program.commands.map((command) => command.name());
};
