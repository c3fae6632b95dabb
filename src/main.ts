#!/usr/bin/env node
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { scopes } from "./api/api-keys.ts";
import { apiCommand } from "./cli/api.ts";
import { cancelCommand } from "./cli/cancel.ts";
import { demoCommand } from "./cli/demo.ts";
import { exitCode } from "./cli/exit-code.ts";
import { importCommand } from "./cli/import.ts";
import { installCommand } from "./cli/install.ts";
import type { Io } from "./cli/io.ts";
import { keysApiCommand } from "./cli/keys-api.ts";
import { keysSealCommand } from "./cli/keys-seal.ts";
import { listCommand } from "./cli/list.ts";
import { retryCommand } from "./cli/retry.ts";
import { sandboxCommand } from "./cli/sandbox.ts";
import { startCommand } from "./cli/start.ts";
import { statusCommand } from "./cli/status.ts";
import { uninstallCommand } from "./cli/uninstall.ts";
import { webhookCommand } from "./cli/webhook.ts";
import { withActions, withProducer, withQueue } from "./cli/with-queue.ts";
import { workerCommand } from "./cli/worker.ts";
import { workspacesResumeCommand } from "./cli/workspaces-resume.ts";
import { configWarnings, readConfig, type SettingName } from "./config.ts";
import { installStatuses } from "./install/install.ts";
import { createLog } from "./log.ts";

const packageDir = join(import.meta.dirname, "..");
const dataDir = join(process.cwd(), ".data");
const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(await readFile(join(packageDir, "package.json"), "utf8")));

const io: Io = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stderr.isTTY === true,
  isStdinTty: process.stdin.isTTY === true,
};

/** Settings, log and folders of one command. Commands for people log errors only, unless LOG_LEVEL says otherwise. */
const setUp = (
  role: string,
  options: { readonly needed?: readonly SettingName[]; readonly isQuiet?: boolean } = {},
) => {
  if (existsSync(".env")) process.loadEnvFile(".env");
  const config = readConfig(process.env, options.needed);
  const level = options.isQuiet === true && process.env.LOG_LEVEL === undefined ? "error" : config.LOG_LEVEL;
  const log = createLog({ level, role });
  for (const warning of configWarnings(config)) log.warn(warning);
  return { io, config, log, dataDir, version };
};

/** Aborted by the first Ctrl-C; the second ends the process as usual. */
const interruption = (): AbortSignal => {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
};

const wholeNumber = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be a whole number.");
  return Number(text);
};

const finish = (code: number): void => {
  process.exitCode = code;
};

const json = ["--json", "print the resource as JSON", false] as const;
const yes = ["--yes", "do not ask", false] as const;

const addRoles = (program: Command): void => {
  program
    .command("start")
    .description(
      "all roles in one process; private Redis and sandbox unless REDIS_URL and BIRD_ACCESS_KEY are set",
    )
    .action(async () => finish(await startCommand(setUp("start"))));
  program
    .command("api")
    .description("take requests over HTTP; run any number")
    .action(async () => finish(await apiCommand(setUp("api", { needed: ["BIRD_ACCESS_KEY"] }))));
  program
    .command("worker")
    .description("take installs off the queue; run any number")
    .action(async () => finish(await workerCommand(setUp("worker", { needed: ["BIRD_ACCESS_KEY"] }))));
  program
    .command("webhook")
    .description("hear Bird's events; run any number")
    .action(async () => finish(await webhookCommand(setUp("webhook"))));
  program
    .command("sandbox")
    .description("Bird, simulated, for tests and demos")
    .option("--faults <file>", "JSON file of fault rules")
    .option("--seed <number>", "seed of random faults", wholeNumber)
    .option("--channel-delay <ms>", "from connector to channel", wholeNumber)
    .addOption(new Option("--conflict-on <what>", "what answers 409").choices(["none", "phoneId"] as const))
    .action(async ({ channelDelay: channelDelayMs, ...args }) =>
      finish(await sandboxCommand(setUp("sandbox"), { ...args, channelDelayMs })),
    );
  program
    .command("demo")
    .description("import examples/numbers.csv against the sandbox and show what became of every row")
    .action(async () => {
      const context = setUp("demo", { isQuiet: true });
      const demo = { ...context, packageDir, dataDir: join(dataDir, "demo"), signal: interruption() };
      finish(await demoCommand(demo));
    });
};

const addInstall = (program: Command): void => {
  program
    .command("install")
    .description("enqueue one number; the access token comes from --access-token-file or standard input")
    .requiredOption("--workspace <id>", "Bird workspace, a UUID")
    .requiredOption("--name <text>", "what the connector is called in Bird")
    .requiredOption("--waba <digits>", "WhatsApp Business Account id")
    .requiredOption("--phone-id <digits>", "Meta's phone number id")
    .requiredOption("--phone <number>", "phone number with its country code")
    .option("--bird-phone-id <id>", "Bird's id of a number bought at Bird")
    .option("--access-token-file <file>", "file that holds the long-lived token")
    .option("--wait", "stay until the install has ended", false)
    .option(...json)
    .action(async (args) => {
      const context = setUp("install", { isQuiet: true });
      finish(await withProducer(context, (producer) => installCommand({ io, producer }, args)));
    });
  program
    .command("import")
    .argument("<file>", "CSV or NDJSON; - is standard input")
    .description("bulk onboarding: enqueues every good row and shows what is wrong with the others")
    .option("--dry-run", "judge every row, say what would become of it, and enqueue nothing", false)
    .option("--name <text>", "name of the batch; default: the file's")
    .option("--watch", "stay until every install has ended", false)
    .option("--out <file>", "write results as CSV or NDJSON by the file's ending; implies --watch")
    .option("--ignore-unknown-columns", "read the file though it has columns Perch does not know", false)
    .option(...json)
    .action(async (file, args) => {
      const context = setUp("import", { isQuiet: true });
      const all = { ...args, file, signal: interruption() };
      finish(await withProducer(context, (producer) => importCommand({ io, producer }, all)));
    });
};

const addLooks = (program: Command): void => {
  program
    .command("status")
    .argument("<id>", "id of an install")
    .description("one install and what has happened to it")
    .option(...json)
    .action(async (id, args) => {
      const context = setUp("status", { isQuiet: true });
      finish(
        await withQueue(context, ({ installs }) =>
          statusCommand({ io, producer: { installs } }, { id, ...args }),
        ),
      );
    });
  program
    .command("list")
    .description("installs, newest first")
    .addOption(new Option("--status <status>", "only installs of this status").choices(installStatuses))
    .option("--workspace <id>", "only installs of this workspace")
    .option("--batch <id>", "only installs of this batch")
    .option("--limit <number>", "at most this many", wholeNumber, 50)
    .option("--cursor <cursor>", "go on where the page before ended")
    .option(...json)
    .action(async (args) => {
      const context = setUp("list", { isQuiet: true });
      finish(await withQueue(context, ({ installs }) => listCommand({ io, producer: { installs } }, args)));
    });
  program
    .command("workspaces")
    .description("act on Bird workspaces")
    .command("resume")
    .argument("<workspace...>", "Bird workspaces, UUIDs")
    .description("lift the hold of a workspace; its installs run now")
    .option(...json)
    .action(async (workspaces, args) => {
      const context = setUp("workspaces", { isQuiet: true });
      finish(
        await withQueue(context, ({ resumeWorkspace: resume }) =>
          workspacesResumeCommand({ io, resume }, { workspaces, ...args }),
        ),
      );
    });
};

const addActions = (program: Command): void => {
  program
    .command("retry")
    .argument("<id...>", "ids of installs")
    .description("start failed and cancelled installs again")
    .option("--access-token-file <file>", "file that holds a new long-lived token; - is standard input")
    .option(...yes)
    .option(...json)
    .action(async (ids, args) => {
      const context = setUp("retry", { isQuiet: true });
      finish(await withActions(context, ({ actions }) => retryCommand({ io, actions }, { ids, ...args })));
    });
  program
    .command("cancel")
    .argument("<id...>", "ids of installs")
    .description("end installs that have not ended")
    .option(...yes)
    .option(...json)
    .action(async (ids, args) => {
      const context = setUp("cancel", { isQuiet: true });
      finish(await withActions(context, ({ actions }) => cancelCommand({ io, actions }, { ids, ...args })));
    });
  program
    .command("uninstall")
    .argument("<id>", "id of an install")
    .description("delete an install's connector at Bird; asks first")
    .option(...yes)
    .option(...json)
    .action(async (id, args) => {
      const context = setUp("uninstall", { needed: ["BIRD_ACCESS_KEY"], isQuiet: true });
      finish(
        await withActions(context, ({ uninstall }) => uninstallCommand({ io, uninstall }, { id, ...args })),
      );
    });
};

const addKeys = (program: Command): void => {
  const keys = program.command("keys").description("make keys");
  keys
    .command("seal")
    .description("make a key for SEALING_KEYS")
    .option(...json)
    .action(async (args) => finish(await keysSealCommand({ io }, args)));
  keys
    .command("api")
    .description("make a key for API_KEYS; it is shown once")
    .option("--name <text>", "who will use it, for the log")
    .addOption(
      new Option("--scope <scope...>", "what it may do; write includes read, admin everything")
        .choices(scopes)
        .default(["write"] as const),
    )
    .option(...json)
    .action(async (args) => finish(await keysApiCommand({ io }, args)));
};

const main = async (): Promise<void> => {
  const program = new Command("perch")
    .description("Installs WhatsApp phone numbers into Bird CRM at scale.")
    .version(version)
    .showHelpAfterError("Add --help to see what is possible.");
  // Before the commands are added: they inherit it.
  program.exitOverride();
  addRoles(program);
  addInstall(program);
  addLooks(program);
  addActions(program);
  addKeys(program);
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError)
      return finish(error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage);
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    finish(exitCode.failed);
  }
};

await main();
