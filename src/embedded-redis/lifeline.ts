import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { hasErrorCode } from "./has-error-code.ts";

/**
 * Opens the reading end of a new named pipe, to be inherited by the server as its standard input.
 *
 * The server has it from the instant it is forked until it is dead, whatever becomes of its starter, its
 * socket file or its pid file. That closes the gap between fork and listening, in which a killed starter
 * would otherwise leave a server nobody sees, and the next starter a second writer on the same data.
 */
export async function openLifeline(file: string): Promise<FileHandle> {
  await rm(file, { force: true });
  await promisify(execFile)("mkfifo", ["-m", "600", file]);
  return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Tells whether a server lives: a pipe nobody reads refuses a writer with `ENXIO` (fifo(7)). */
export async function isLifelineHeld(file: string): Promise<boolean> {
  try {
    if (!(await lstat(file)).isFIFO()) return false;
    await using _writer = await open(file, constants.O_WRONLY | constants.O_NONBLOCK);
    return true;
  } catch (error) {
    if (hasErrorCode(error, "ENXIO", "ENOENT")) return false;
    throw error;
  }
}
