import { type Command, Option } from "commander";
import { json, wholeNumber } from "../options.ts";
import { runCommand } from "../set-up.ts";

/** Adds the command that lists events which completed no install. */
export const addEvents = (program: Command): void => {
  program
    .command("events")
    .description("what came to the webhook service and completed no install, the latest first")
    .addOption(
      new Option("--state <state>", "which of them")
        .choices(["unmatched", "conflict", "unreadable", "refused"] as const)
        .default("unmatched" as const),
    )
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "continue after the previous page")
    .option(...json)
    .action((args) =>
      runCommand("events", async ({ io, eventLists }) => {
        const { eventsCommand } = await import("../../cli/events/events.ts");
        return eventsCommand({ io, ...(await eventLists()) }, args);
      }),
    );
};
