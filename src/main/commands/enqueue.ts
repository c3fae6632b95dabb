import type { Command } from "commander";
import { collect, json, privately } from "../options.ts";
import { abortOnSigint, limitHeapGrowth } from "../process.ts";
import { runCommand } from "../set-up.ts";

type Run = Parameters<typeof runCommand>[1];

/** Adds the commands that put installs on the queue. */
export const addEnqueuers = (program: Command): void => {
  program
    .command("install")
    .description("enqueue one number; reads the access token from --access-token-file or standard input")
    .requiredOption("--workspace <id>", "Bird workspace, a UUID")
    .requiredOption("--name <text>", "what the connector is called in Bird")
    .requiredOption("--waba <digits>", "WhatsApp Business Account id")
    .requiredOption("--phone-id <digits>", "Meta's phone number id")
    .requiredOption("--phone <number>", "phone number with its country code")
    .option("--bird-phone-id <id>", "Bird's id of a number bought at Bird")
    .option("--access-token-file <file>", "file that holds the long-lived token")
    .option("--wait", "wait until the install has ended", false)
    .option(...privately)
    .option(...json)
    .action((args) => {
      const signal = args.wait ? abortOnSigint() : undefined;
      const run: Run = async ({ io, openProducer, waits }) => {
        const { installCommand } = await import("../../cli/installs/install.ts");
        const producer = await openProducer({ enqueues: true });
        const whyWaiting = async (id: string) => (await waits()).ofInstall(id);
        return installCommand({ io, producer, whyWaiting }, { ...args, signal });
      };
      return runCommand("install", run, { acts: args });
    });
  program
    .command("import")
    .argument("<file>", "CSV, XLSX or NDJSON; - is standard input")
    .description("bulk onboarding: enqueue every valid row and print what is wrong with the others")
    .option("--dry-run", "validate every row, print what would happen to it, and enqueue nothing", false)
    .option("--check-meta", "with --dry-run: ask Meta about each number that would be new", false)
    .option("--name <text>", "name of the batch; default: the file's")
    .option("--watch", "wait until every install has ended", false)
    .option("--out <file>", "write results as CSV, XLSX or NDJSON by the file's ending; implies --watch")
    .option(
      "--canary <installs>",
      "this many run first, alone; the rest after they have ended within --halt-at",
    )
    .option("--halt-at <percent>", "pause when more than this share has failed; default with --canary: 20")
    .option("--ignore-unknown-columns", "read the file although it has unknown columns", false)
    .option(
      "--map <their=ours>",
      'their column of that name holds ours: --map "Rufnummer=phoneNumber"; repeat it for each',
      collect,
    )
    .option("--set <column=value>", "value of a column that is missing; repeat it for each", collect)
    .option("--workspace <id>", "Bird workspace of rows that name none")
    .option("--access-token-file <file>", "file that holds the token of rows that have none")
    .option("--sheet <name>", "sheet of a workbook; default: the first that is not hidden")
    .option("--encoding <name>", "utf-8, windows-1252, iso-8859-1, utf-16le or utf-16be; default: utf-8")
    .option(...privately)
    .option(...json)
    .action(async (file, args) => {
      // A dry run waits for nothing but the processor, and keeps what it has seen.
      limitHeapGrowth(args.dryRun ? 60 : 100);
      const all = { ...args, file, signal: abortOnSigint() };
      const run: Run = async ({ io, openProducer, waits, checkNumber }) => {
        const { importCommand } = await import("../../cli/import/import.ts");
        const producer = await openProducer({ enqueues: !args.dryRun });
        const whyWaiting = async (batch: string) => (await waits()).ofBatch(batch);
        const openCheck = async () => {
          const { createCheckRow } = await import("../../producer/import/check-rows.ts");
          const check = await checkNumber();
          return check && createCheckRow({ check });
        };
        return importCommand({ io, producer, whyWaiting, openCheck }, all);
      };
      await runCommand("import", run, args.dryRun ? {} : { acts: args });
    });
};
