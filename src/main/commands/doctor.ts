import { join } from "node:path";
import type { Command } from "commander";
import { json } from "../options.ts";
import { processIo, setExitCode } from "../process.ts";
import { runCommand, setUp } from "../set-up.ts";

/** Logs at the configured level, because the log records the user. */
const trustRedis = (args: { readonly yes: boolean; readonly json: boolean }): Promise<void> =>
  runCommand(
    "doctor",
    async ({ io, log, store }) => {
      const { trustRedisCommand } = await import("../../cli/redis/trust-redis.ts");
      return trustRedisCommand({ io, log, ...(await store()) }, args);
    },
    { isQuiet: false },
  );

/** Adds the commands that look for what is wrong. */
export const addDoctor = (program: Command): void => {
  program
    .command("doctor")
    .description(
      "check settings, Redis, Bird, subscriptions, webhook service and workers; prints a fix for each problem",
    )
    .option("--workspace <id...>", "Bird workspaces to check, UUIDs; default: a few that installs name")
    .option("--quiet", "print problems only, and nothing when there are none", false)
    .option("--trust-redis", "end the extra looks at Bird after a suspected restored backup", false)
    .option("--yes", "with --trust-redis: do not ask", false)
    .option(...json)
    .action(async (args) => {
      if (args.trustRedis) return trustRedis(args);
      const { inspectConfig } = await import("../../config/config.ts");
      const { doctorCommand } = await import("../../cli/doctor/doctor.ts");
      const { createKeys } = await import("../../queue/keyspace/keys.ts");
      const settings = inspectConfig(process.env);
      const keys = createKeys(undefined, settings.config.SHARDS);
      const dataDir = join(process.cwd(), ".data");
      setExitCode(await doctorCommand({ io: processIo(), settings, dataDir, keys }, args));
    });
  program
    .command("verify-signature")
    .description("explain why the signature of one of Bird's webhooks does or does not match")
    .requiredOption("--url <url>", "the subscription's url, or what the webhook came to")
    .requiredOption("--timestamp <text>", "its messagebird-request-timestamp header")
    .requiredOption("--signature <text>", "its messagebird-signature header")
    .requiredOption("--body <file>", "file of its body, byte for byte; - is standard input")
    .option("--key-file <file>", "keys to check with, one a line, instead of those of the settings")
    .option(...json)
    .action(async (args) => {
      const { config, io } = await setUp("verify-signature", { isQuiet: true });
      const { verifySignatureCommand } = await import("../../cli/verify-signature/command.ts");
      setExitCode(await verifySignatureCommand({ io, config }, args));
    });
};
