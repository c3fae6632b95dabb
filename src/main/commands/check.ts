import type { Command } from "commander";
import { json } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** Adds `perch check`. */
export const addCheck = (program: Command): void => {
  program
    .command("check")
    .argument("<file>", "file that holds a customer's access token; - is standard input")
    .description(
      "what a token is at Meta: its app, permissions, end, accounts and numbers, and what is wrong with it",
    )
    .option(...json)
    .action((file, args) =>
      runCommand("check", async ({ io, meta }) => {
        const { checkCommand } = await import("../../cli/check/check.ts");
        const { printNote, exitCode } = await import("../../cli/terminal/io.ts");
        const opened = await meta();
        if (opened === undefined) {
          printNote(io, "perch check needs META_APP_ID and META_APP_SECRET, the app of the embedded signup.");
          return exitCode.wrongUsage;
        }
        return checkCommand({ io, ...opened, now: Date.now }, { ...args, file });
      }),
    );
};
