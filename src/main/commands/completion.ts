import { Argument, type Command } from "commander";

const shells = ["bash", "zsh", "fish"] as const;

/** Adds the command that prints a shell's completion, read from the tree of commands it is itself part of. */
export const addCompletion = (program: Command): void => {
  program
    .command("completion")
    .addArgument(new Argument("<shell>", "the shell").choices(shells))
    .description("print the completion of commands and options for a shell")
    .action((shell: (typeof shells)[number]) => {
      process.stdout.write(writers[shell](wordsOf(program, "perch")));
    });
};

/** What may follow a command: `perch workspaces` → `prepare`, `resume`, …. */
interface Words {
  readonly path: string;
  readonly words: readonly string[];
}

const wordsOf = (command: Command, path: string): readonly Words[] => [
  { path, words: [...command.commands.map((each) => each.name()), ...flagsOf(command)] },
  ...command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`)),
];

const flagsOf = (command: Command): readonly string[] => [
  ...command.options.flatMap(({ long, hidden }) => (long == null || hidden ? [] : [long])),
  "--help",
];

/** A `case` that lengthens `at`, the command found so far, by the next word. */
const descend = (all: readonly Words[]): string =>
  `case "$at $word" in ${all
    .slice(1)
    .map(({ path }) => `"${path}"`)
    .join("|")}) at="$at $word";; esac`;

const cases = (all: readonly Words[], write: (words: string) => string): string =>
  all.map(({ path, words }) => `    "${path}") ${write(words.join(" "))};;`).join("\n");

// Where no word fits, the shell completes names of files.
const writers = {
  bash: (all: readonly Words[]) => `_perch() {
  local at=perch word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    ${descend(all)}
  done
  case "$at" in
${cases(all, (words) => `words="${words}"`)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _perch perch
`,
  zsh: (all: readonly Words[]) => `#compdef perch
_perch() {
  local at=perch word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    ${descend(all)}
  done
  case "$at" in
${cases(all, (words) => `compadd -- ${words}`)}
  esac
  _files
}
compdef _perch perch
`,
  fish: (all: readonly Words[]) => `function __perch_at
  set -l at perch
  for word in (commandline -opc)[2..-1]
    switch "$at $word"
      case ${all
        .slice(1)
        .map(({ path }) => `"${path}"`)
        .join(" ")}
        set at "$at $word"
    end
  end
  test "$at" = "$argv[1]"
end
${all.map(({ path, words }) => `complete -c perch -n '__perch_at "${path}"' -a '${words.join(" ")}'`).join("\n")}
`,
} as const;
