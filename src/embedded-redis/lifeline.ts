import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { hasErrorCode } from "./errors.ts";

/**
 * Opens the reading end of a new named pipe, which the server inherits as its standard input.
 *
 * The server holds it from fork until it exits, independent of its starter, its socket file and its pid file. That closes
 * the gap between fork and listening, in which a killed starter would leave an undetected server, and the next start would
 * add a second writer on the same data.
 */
export async function openLifeline(file: string): Promise<FileHandle> {
  await rm(file, { force: true });
  await promisify(execFile)("mkfifo", ["-m", "600", file]);
  return await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
}

/** Whether a server runs: a pipe without a reader refuses a writer with `ENXIO` (fifo(7)). */
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
