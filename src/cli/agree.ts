import { confirm } from "./confirm.ts";
import { exitCode } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { printNote } from "./print.ts";

/**
 * Has a person agree to something, unless that was done beforehand.
 *
 * @returns undefined to go on, or the exit code with which to leave.
 */
export const agree = async (
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
