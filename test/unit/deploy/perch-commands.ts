import { Command } from "commander";
import { addRoles } from "../../../src/main/commands/roles.ts";

/** Names of the commands that run until they are stopped. */
export const perchCommands = (): readonly string[] => {
  const program = new Command("perch");
  addRoles(program);
  return program.commands.map((command) => command.name());
};
