import type { Command } from "commander";
import { buildProgram } from "../../../src/main/build-program.ts";
import type { Page } from "./page.ts";

const program = buildProgram("0");

/** Options of the programs that pages name beside perch. */
const foreignOptions: ReadonlySet<string> = new Set([
  "--appendonly",
  "--env-file",
  "--event-after-ms",
  "--installs",
  "--kills",
  "--optimize-for-size",
  "--systems",
]);

const optionsOf = (command: Command): readonly string[] => [
  "--help",
  ...command.options.flatMap(({ long }) => (long == null ? [] : [long])),
];

const allCommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(allCommands),
];

const everyOption: ReadonlySet<string> = new Set(allCommands(program).flatMap(optionsOf));

const optionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option);

/** What is wrong with one call, given as what follows the word perch. */
const callFaults = (call: string): readonly string[] => {
  const words = call.trim().split(/\s+/);
  let command = program;
  for (const word of words) {
    const next = command.commands.find((each) => each.name() === word);
    if (next === undefined) break;
    command = next;
  }
  const [first = ""] = words;
  if (command === program && /^[a-z][a-z-]*$/.test(first)) return [`no command perch ${first}`];
  const [second = ""] = words.slice(1);
  if (command !== program && command.commands.length > 0 && /^[a-z][a-z-]*$/.test(second))
    return [`no command perch ${first} ${second}`];
  const known = optionsOf(command);
  return optionsIn(call)
    .filter((option) => !known.includes(option))
    .map((option) => `perch ${first} has no ${option}`);
};

const callsIn = (code: string): readonly string[] =>
  [...code.matchAll(/(?<![\w./-]|-n )(?<!secret generic )perch ([^\n|;&()<>`#]+)/g)].map(
    ([, call = ""]) => call,
  );

/** Commands and options of perch that a page names and that there are not. */
export const commandFaults = ({ blocks, spans }: Page): readonly string[] => {
  const code = [...blocks.filter(({ language }) => language !== "ts").map(({ text }) => text), ...spans];
  const alone = spans.filter((span) => span.startsWith("-")).flatMap(optionsIn);
  return [
    ...code.flatMap(callsIn).flatMap(callFaults),
    ...alone
      .filter((option) => !everyOption.has(option) && !foreignOptions.has(option))
      .map((option) => `nothing has ${option}`),
  ];
};

/** The same for a file whose text is not marked as code: only what follows the word perch is looked at. */
export const commandFaultsOfText = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![\w./-])perch ([a-z]+)(?: (--[a-z-]+|[a-z]+))?/g)].flatMap(
    ([, first = "", second = ""]) => {
      const command = program.commands.find((each) => each.name() === first);
      if (command === undefined) return [`no command perch ${first}`];
      return command.commands.length > 0 || second.startsWith("--") ? callFaults(`${first} ${second}`) : [];
    },
  );
