import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { exitCode, type Io, printNote } from "./io.ts";

/**
 * Asks on the terminal whether to continue. Without a terminal it prints the option that confirms in advance.
 *
 * @returns `unasked` without a terminal.
 */
const confirm = async (io: Io, question: string): Promise<"confirmed" | "declined" | "unasked"> => {
  if (!io.isTty || !io.isStdinTty) {
    printNote(io, `${question} Standard input is not a terminal: add --yes to confirm.`);
    return "unasked";
  }
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  try {
    // Closing the terminal's input (Ctrl-D) leaves the question unanswered.
    const closed = once(terminal, "close").then(() => "");
    const words = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(words.trim()) ? "confirmed" : "declined";
  } finally {
    terminal.close();
  }
};

/**
 * Asks for confirmation, unless it was given in advance.
 *
 * @returns undefined to continue, or the exit code.
 */
export const confirmOrExit = async (
  io: Io,
  { question, yes }: { readonly question: string; readonly yes: boolean },
): Promise<number | undefined> => {
  if (yes) return undefined;
  const reply = await confirm(io, question);
  if (reply === "confirmed") return undefined;
  if (reply === "unasked") return exitCode.wrongUsage;
  printNote(io, "Nothing was done.");
  return exitCode.failed;
};
