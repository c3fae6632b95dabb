import { join } from "node:path";
import type { CommandContext, CommandDeps } from "../cli/open/context.ts";
import { type Io, printNote } from "../cli/terminal/io.ts";
import type { Config, SettingName } from "../config/config.ts";
import type { LogDestination } from "../log.ts";
import { logStyle } from "./log-style.ts";
import { processIo, readVersion, setExitCode } from "./process.ts";

/** What every command receives. */
interface Context extends CommandDeps {
  readonly io: Io;
  readonly version: string;
}

interface SetUpOptions {
  /** Settings it cannot do without. */
  readonly needed?: readonly SettingName[];
  /** It enqueues or acts, with these options; see `PrivateUse`. */
  readonly acts?: { readonly private: boolean } | undefined;
  /** It logs errors only, unless LOG_LEVEL says otherwise. */
  readonly isQuiet?: boolean;
}

/** Settings, log and folders of one command. */
export const setUp = async (role: string, options: SetUpOptions = {}): Promise<Context> => {
  const { configWarnings, readConfig } = await import("../config/config.ts");
  const { createLog } = await import("../log.ts");
  const config = readConfig(process.env, options.needed);
  const level = options.isQuiet === true && process.env.LOG_LEVEL === undefined ? "error" : config.LOG_LEVEL;
  const log = createLog({ level, role, destination: await openTextLog(config) });
  const warnings = configWarnings(config);
  if (warnings.length > 0) log.warn(warnings.join(" "));
  return {
    io: processIo(),
    config,
    log,
    dataDir: join(process.cwd(), ".data"),
    version: await readVersion(),
  };
};

/** Runs a command for people with what it opens, closes that, and sets the exit code. */
export const runCommand = async (
  role: string,
  run: (context: CommandContext & Context) => Promise<number>,
  { shards, acts, ...options }: SetUpOptions & Pick<CommandDeps, "shards"> = {},
): Promise<void> => {
  const context = await setUp(role, { isQuiet: true, ...options });
  const { withContext } = await import("../cli/open/context.ts");
  const { io } = context;
  const privateUse = {
    say: (line: string) => printNote(io, line),
    acts: acts !== undefined,
    isChosen: acts?.private === true,
  };
  setExitCode(
    await withContext({ ...context, shards, privateUse }, (opened) => run({ ...context, ...opened })),
  );
};

/** The destination of log lines for people; undefined when the log is JSON, so that none of this is loaded. */
const openTextLog = async ({ LOG_FORMAT: format }: Config): Promise<LogDestination | undefined> => {
  const { stderr, env } = process;
  const style = logStyle({ format, isTty: stderr.isTTY === true, noColor: env.NO_COLOR });
  if (style === "json") return undefined;
  const { createTextDestination } = await import("./text-log.ts");
  return createTextDestination({ hasColors: style === "colored", write: (line) => stderr.write(line) });
};
