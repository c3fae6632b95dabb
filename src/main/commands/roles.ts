import { join } from "node:path";
import { type Command, Option } from "commander";
import { wholeNumber } from "../options.ts";
import { abortOnSigint, packageDir, setExitCode } from "../process.ts";
import { setUp } from "../set-up.ts";

/** Adds the commands that run until they are stopped, and the demo. */
export const addRoles = (program: Command): void => {
  program
    .command("start")
    .description(
      "all roles in one process; private Redis and sandbox unless REDIS_URL and BIRD_ACCESS_KEY are set",
    )
    .action(async () => {
      const context = await setUp("start");
      const { startCommand } = await import("../../cli/roles/start.ts");
      setExitCode(await startCommand(context));
    });
  program
    .command("api")
    .description("take requests over HTTP; run any number")
    .action(async () => {
      const context = await setUp("api", { needed: ["BIRD_ACCESS_KEY"] });
      const { apiCommand } = await import("../../cli/roles/api.ts");
      setExitCode(await apiCommand(context));
    });
  program
    .command("worker")
    .description("take installs off the queue; run any number")
    .action(async () => {
      const context = await setUp("worker", { needed: ["BIRD_ACCESS_KEY"] });
      const { workerCommand } = await import("../../cli/roles/worker.ts");
      setExitCode(await workerCommand(context));
    });
  program
    .command("webhook")
    .description("receive Bird's events; run any number")
    .action(async () => {
      const context = await setUp("webhook");
      const { webhookCommand } = await import("../../cli/roles/webhook.ts");
      setExitCode(await webhookCommand(context));
    });
  addSandbox(program);
};

const addSandbox = (program: Command): void => {
  program
    .command("sandbox")
    .description("Bird, simulated, for tests and demos")
    .option("--faults <file>", "JSON file of fault rules")
    .option("--seed <number>", "seed of random faults", wholeNumber)
    .option("--channel-delay <ms>", "from connector to channel", wholeNumber)
    .addOption(new Option("--conflict-on <what>", "what answers 409").choices(["none", "phoneId"] as const))
    .action(async ({ channelDelay: channelDelayMs, ...args }) => {
      const context = await setUp("sandbox");
      const { sandboxCommand } = await import("../../cli/roles/sandbox.ts");
      setExitCode(await sandboxCommand(context, { ...args, channelDelayMs }));
    });
  program
    .command("demo")
    .description("import examples/numbers.csv against the sandbox and show the result of every row")
    .action(async () => {
      const signal = abortOnSigint();
      const context = await setUp("demo", { isQuiet: true });
      const { demoCommand } = await import("../../cli/roles/demo.ts");
      const { dataDir: serversDir } = context;
      const dataDir = join(serversDir, "demo");
      setExitCode(await demoCommand({ ...context, packageDir, dataDir, serversDir, signal }));
    });
};
