import type { Command } from "commander";
import { json, wholeNumber } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** Adds the command that shows figures of the fleet. */
export const addStats = (program: Command): void => {
  program
    .command("stats")
    .description("figures of the fleet: what is in hand now, and what happened in each of the last hours")
    .option("--hours <number>", "this many, up to 192; the one under way is among them", wholeNumber, 24)
    .option(...json)
    .action((args) =>
      runCommand("stats", async ({ io, readStats }) => {
        const { statsCommand } = await import("../../cli/stats/stats.ts");
        return statsCommand({ io, readStats: await readStats() }, args);
      }),
    );
};
