import { styleText } from "node:util";
import { type Command, Help, type HelpConfiguration, type Option } from "commander";
import { addExamples } from "./commands/examples.ts";

// Commander takes the colors away where the output has none: off a terminal, with NO_COLOR or TERM=dumb.
const bold = (text: string): string => styleText("bold", text, { validateStream: false });
const cyan = (text: string): string => styleText("cyan", text, { validateStream: false });

/** How help looks: titles stand out, and what an option is without being given is no news. */
export const helpStyle: HelpConfiguration = {
  styleTitle: bold,
  styleCommandText: cyan,
  styleSubcommandText: cyan,
  styleOptionText: cyan,
  optionDescription: (option) =>
    option.defaultValue === false ? option.description : new Help().optionDescription(option),
};

/** A command with the path of its name below `perch`: "workspaces resume". */
export interface NamedCommand {
  readonly name: string;
  readonly command: Command;
}

/** All commands that do something, with their names. */
export const commandsOf = (parent: Command, before = ""): readonly NamedCommand[] =>
  parent.commands.flatMap((command) => {
    const name = `${before}${command.name()}`;
    return command.commands.length === 0 ? [{ name, command }] : commandsOf(command, `${name} `);
  });

/**
 * Adds examples to every command, and takes over required options: help marks them, and a command names all that are missing
 * at once, where commander stops at the first.
 */
export const completeHelp = (program: Command): void => {
  const required = new Map<Command, readonly Option[]>();
  for (const { name, command } of commandsOf(program)) {
    addExamples(command, name);
    const mandatory = command.options.filter((option) => option.mandatory);
    for (const option of mandatory) {
      option.mandatory = false;
      option.description += " (required)";
    }
    required.set(command, mandatory);
  }
  program.hook("preAction", (_, command) => {
    const given: Readonly<Record<string, unknown>> = command.opts();
    refuseEmpty(command, given);
    const missing = (required.get(command) ?? []).filter(
      (option) => given[option.attributeName()] === undefined,
    );
    if (missing.length === 0) return;
    const names = missing.map(({ long }) => long).join(", ");
    const code = "commander.missingMandatoryOptionValue";
    command.error(`error: required but not given: ${names}`, { code });
  });
};

/**
 * Refuses arguments and values of options that are empty, as a shell variable that is not set is: an empty filter would
 * choose everything, and an empty id something else than was meant.
 */
const refuseEmpty = (command: Command, given: Readonly<Record<string, unknown>>): void => {
  const isEmpty = (value: unknown): boolean =>
    Array.isArray(value) ? value.some(isEmpty) : typeof value === "string" && value.trim() === "";
  const names = [
    ...command.registeredArguments.flatMap((argument, place) =>
      isEmpty(command.processedArgs[place]) ? [argument.name()] : [],
    ),
    ...command.options.flatMap((option) => (isEmpty(given[option.attributeName()]) ? [option.long] : [])),
  ];
  if (names.length === 0) return;
  const code = "commander.invalidArgument";
  command.error(`error: empty: ${names.join(", ")}. Is the variable that holds it set?`, { code });
};
