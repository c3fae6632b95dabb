import { join } from "node:path";
import type { CommandDeps } from "../cli/open/command-deps.ts";
import type { Io } from "../cli/terminal/io.ts";
import type { Config, SettingName } from "../config/config.ts";
import type { LogDestination } from "../log.ts";
import { logStyle } from "./log-style.ts";
import { processIo, readVersion } from "./process.ts";

/** What every command receives. */
interface Context extends CommandDeps {
  readonly io: Io;
  readonly version: string;
}

/** Settings, log and folders of one command. Commands for people log errors only, unless LOG_LEVEL says otherwise. */
export const setUp = async (
  role: string,
  options: { readonly needed?: readonly SettingName[]; readonly isQuiet?: boolean } = {},
): Promise<Context> => {
  const { configWarnings, readConfig } = await import("../config/config.ts");
  const { createLog } = await import("../log.ts");
  const config = readConfig(process.env, options.needed);
  const level = options.isQuiet === true && process.env.LOG_LEVEL === undefined ? "error" : config.LOG_LEVEL;
  const log = createLog({ level, role, destination: await openTextLog(config) });
  for (const warning of configWarnings(config)) log.warn(warning);
  return {
    io: processIo(),
    config,
    log,
    dataDir: join(process.cwd(), ".data"),
    version: await readVersion(),
  };
};

/** The destination of log lines for people; undefined when the log is JSON, so that none of this is loaded. */
const openTextLog = async ({ LOG_FORMAT: format }: Config): Promise<LogDestination | undefined> => {
  const { stderr, env } = process;
  const style = logStyle({ format, isTty: stderr.isTTY === true, noColor: env.NO_COLOR });
  if (style === "json") return undefined;
  const { createTextDestination } = await import("./text-log.ts");
  return createTextDestination({ hasColors: style === "colored", write: (line) => stderr.write(line) });
};
