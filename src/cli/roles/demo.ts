import { join } from "node:path";
import { type Config, readConfig } from "../../config/config.ts";
import type { Logger } from "../../log.ts";
import { readFaultsFile } from "../../sandbox/faults/read-file.ts";
import { importCommand } from "../import/import.ts";
import { createContext } from "../open/context.ts";
import { exitCode, type Io, printLine, printNote } from "../terminal/io.ts";
import { startStack } from "./stack.ts";

/**
 * `npm run demo`: everything on this machine, nothing of yours. Whatever the settings say, it talks to the
 * sandbox and to a private Redis that starts empty.
 */
export const demoCommand = async (deps: {
  readonly io: Io;
  readonly config: Config;
  readonly packageDir: string;
  readonly dataDir: string;
  /** Where a fetched server is kept: the one `perch start` will use. */
  readonly serversDir: string;
  readonly log: Logger;
  readonly version: string;
  readonly signal: AbortSignal;
}): Promise<number> => {
  const { io, packageDir, dataDir, serversDir, log, version, signal } = deps;
  const example = (name: string): string => join(packageDir, "examples", name);
  printNote(io, "Starting a private Redis, the Bird sandbox, the API, the webhook service and a worker ...");
  await using opened = new AsyncDisposableStack();
  const config = demoConfig(deps.config);
  const { store } = createContext({ config, dataDir, serversDir, log, shards: "ignore" }, opened);
  // Forgets the demo before.
  await (await store()).client.flushall();
  const sandbox = { faults: await readFaultsFile(example("sandbox-faults.json")) };
  const stack = await startStack({ config, dataDir, log, version, sandbox });
  opened.defer(stack.close);
  const out = join(dataDir, "results.csv");
  const imported = await importCommand(
    { io, producer: stack.producer },
    {
      file: example("numbers.csv"),
      dryRun: false,
      watch: true,
      out,
      ignoreUnknownColumns: false,
      json: false,
      isBrief: true,
      signal,
    },
  );
  if (imported === exitCode.interrupted || imported === exitCode.wrongUsage) return imported;
  printLine(
    io,
    "The bad rows and the refused one are part of the demo. Next: npm start, then the README's first import.",
  );
  return exitCode.done;
};

/** Only where to find a Redis server is taken over from the settings. */
const demoConfig = ({ REDIS_SERVER_BIN, LOG_LEVEL }: Config): Config => ({
  ...readConfig({}),
  REDIS_SERVER_BIN,
  LOG_LEVEL,
  API_PORT: 0,
  WEBHOOK_PORT: 0,
  SANDBOX_PORT: 0,
  CONNECT_PORT: 0,
  HOLD_BASE_MS: 1000,
});
