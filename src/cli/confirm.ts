import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import type { Io } from "./io.ts";
import { printNote } from "./print.ts";

/**
 * Asks a person whether to go on. Where nobody can answer it says how to agree beforehand.
 *
 * @returns `declined` by a person, `unasked` when there is none.
 */
export const confirm = async (io: Io, question: string): Promise<"agreed" | "declined" | "unasked"> => {
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
