import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { Io } from "../cli/terminal/io.ts";

/** The streams this process reads and writes. */
export const processIo = (): Io => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stderr.isTTY === true,
  isStdinTty: process.stdin.isTTY === true,
});

/** Sets the code with which the process exits once nothing is left to do. */
export const setExitCode = (code: number): void => {
  process.exitCode = code;
};

/** Aborted by the first Ctrl-C; the second ends the process as usual. */
export const abortOnSigint = (): AbortSignal => {
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  return controller.signal;
};

/** The folder of Perch's own `package.json`. */
export const packageDir = join(import.meta.dirname, "../..");

export const readVersion = async (): Promise<string> => {
  const { version }: { readonly version: string } = JSON.parse(
    await readFile(join(packageDir, "package.json"), "utf8"),
  );
  return version;
};

/**
 * Limits the garbage that V8 keeps, for a command that reads a file of any length: a small space for short-lived objects,
 * and a collection whenever the rest has grown by `percent`. Call it before anything large is loaded.
 */
export const limitHeapGrowth = (percent: number): void => {
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString(`--heap-growing-percent=${percent}`);
};
