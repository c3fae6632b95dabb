import type { Command } from "commander";
import { json, privately, wholeNumber, yes } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** Adds the command about shards. */
export const addShards = (program: Command): void => {
  program
    .command("shards")
    .description("how many shards Redis has, which processes use how many, and what each holds")
    .option("--grow <number>", "use this many from now on; asks first", wholeNumber)
    .option(...yes)
    .option(...privately)
    .option(...json)
    .action((args) =>
      runCommand(
        "shards",
        async ({ io, shardNumber }) => {
          const { shardsCommand } = await import("../../cli/redis/shards.ts");
          return shardsCommand({ io, ...(await shardNumber()) }, args);
        },
        { shards: "ignore", ...(args.grow !== undefined && { acts: args }) },
      ),
    );
};
