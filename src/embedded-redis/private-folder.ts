import { lstat, mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import { hasErrorCode } from "./has-error-code.ts";

/**
 * Makes a folder where anyone can write, as in `/tmp`: one found there is used only if this user made it and nobody
 * else can enter.
 *
 * @throws Error when it exists and belongs to another user
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!hasErrorCode(error, "EEXIST")) throw error;
    if (!(await isPrivateFolder(folder)))
      throw new Error(`${folder} belongs to somebody else`, { cause: error });
  }
}

/** Tells whether a folder is there that this user made and nobody else can enter. */
export async function isPrivateFolder(folder: string): Promise<boolean> {
  try {
    const found = await lstat(folder);
    return found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}
