#!/usr/bin/env node
import { CommanderError } from "commander";
import { exitCode } from "./cli/terminal/io.ts";
import { withoutControls } from "./install/values/shown-text.ts";
import { buildProgram } from "./main/build-program.ts";
import { readVersion, setExitCode } from "./main/process.ts";
import { RedisConnectError, redisFaultBehind } from "./redis/errors.ts";

// bin/perch.js and the image start Node with --disable-sigusr1; this is for node src/main.ts.
process.on("SIGUSR1", () => undefined);

const main = async (): Promise<void> => {
  const program = buildProgram(await readVersion());
  try {
    await program.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError)
      return setExitCode(error.exitCode === 0 ? exitCode.done : exitCode.wrongUsage);
    process.stderr.write(`${withoutControls(sentenceOf(error))}\n`);
    setExitCode(exitCode.failed);
  }
};

/** An error of Redis is printed as Perch's message, with what to do. */
const sentenceOf = (error: unknown): string => {
  const fault = redisFaultBehind(error);
  if (fault !== undefined && !(error instanceof RedisConnectError)) return `${fault.detail}. ${fault.fix}`;
  return error instanceof Error ? error.message : String(error);
};

await main();
