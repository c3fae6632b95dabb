import type { Command } from "commander";
import { json, wholeNumber, yes } from "../options.ts";
import { setExitCode } from "../process.ts";
import { setUp } from "../set-up.ts";

/** Adds the command about shards. */
export const addShards = (program: Command): void => {
  program
    .command("shards")
    .description("how many shards Redis has, which processes use how many, and what each holds")
    .option("--grow <number>", "use this many from now on; asks first", wholeNumber)
    .option(...yes)
    .option(...json)
    .action(async (args) => {
      const context = await setUp("shards", { isQuiet: true });
      const { shardsCommand } = await import("../../cli/redis/shards.ts");
      const { withShards } = await import("../../cli/open/with-shards.ts");
      const { io } = context;
      setExitCode(await withShards(context, (open) => shardsCommand({ io, ...open }, args)));
    });
};
