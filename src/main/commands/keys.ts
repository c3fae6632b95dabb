import { type Command, Option } from "commander";
import { scopes } from "../../api/auth/api-keys.ts";
import { json } from "../options.ts";
import { processIo, setExitCode } from "../process.ts";

/** Adds the commands that make keys. */
export const addKeys = (program: Command): void => {
  const keys = program.command("keys").description("make keys");
  keys
    .command("seal")
    .description("make a key for SEALING_KEYS")
    .option(...json)
    .action(async (args) => {
      const { keysSealCommand } = await import("../../cli/keys/seal.ts");
      setExitCode(await keysSealCommand({ io: processIo() }, args));
    });
  keys
    .command("api")
    .description("make a key for API_KEYS; it is printed once")
    .option("--name <text>", "name of the client, for the log")
    .addOption(
      new Option("--scope <scope...>", "what it may do; write includes read and messages, admin everything")
        .choices(scopes)
        .default(["write"] as const),
    )
    .option("--workspace <id...>", "the only workspaces it may see and act in; default: all")
    .option(...json)
    .action(async (args) => {
      const { keysApiCommand } = await import("../../cli/keys/api.ts");
      setExitCode(await keysApiCommand({ io: processIo() }, args));
    });
};
