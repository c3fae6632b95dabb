import type { Io } from "../cli/io.ts";

/** Where this process reads and writes. */
export const processIo = (): Io => ({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  isTty: process.stderr.isTTY === true,
  isStdinTty: process.stdin.isTTY === true,
});
