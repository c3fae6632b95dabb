import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { exitCode, type Io, printNote } from "./io.ts";

/**
 * Asks a person whether to go on. Where nobody can answer it says how to agree beforehand.
 *
 * @returns `declined` by a person, `unasked` when there is none.
 */
const confirm = async (io: Io, question: string): Promise<"agreed" | "declined" | "unasked"> => {
  if (!io.isTty || !io.isStdinTty) {
    printNote(io, `${question} Nobody can answer here: add --yes to agree.`);
    return "unasked";
  }
  const terminal = createInterface({ input: io.stdin, output: io.stderr });
  try {
    // A terminal that is closed (Ctrl-D) leaves its question unanswered.
    const closed = once(terminal, "close").then(() => "");
    const words = await Promise.race([terminal.question(`${question} [y/N] `), closed]);
    return /^y(es)?$/i.test(words.trim()) ? "agreed" : "declined";
  } finally {
    terminal.close();
  }
};

/**
 * Has a person agree to something, unless that was done beforehand.
 *
 * @returns undefined to go on, or the exit code with which to leave.
 */
export const confirmOrExit = async (
  io: Io,
  { question, yes }: { readonly question: string; readonly yes: boolean },
): Promise<number | undefined> => {
  if (yes) return undefined;
  const reply = await confirm(io, question);
  if (reply === "agreed") return undefined;
  if (reply === "unasked") return exitCode.wrongUsage;
  printNote(io, "Nothing was done.");
  return exitCode.failed;
};
