import { hash } from "node:crypto";
import { chmod, lstat, mkdir, realpath } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { hasErrorCode } from "./errors.ts";

/** Where one embedded server keeps its files; absolute paths. */
export interface ServerLayout {
  readonly dir: string;
  readonly socketPath: string;
  readonly lockFile: string;
  readonly lifelineFile: string;
  readonly logFile: string;
  /** For operators: `kill $(cat redis.pid)`. Perch does not read it, because a stale file may name any process. */
  readonly pidFile: string;
}

/**
 * Makes `<dataDir>/redis` for this user alone and names the files in it.
 *
 * An existing `dataDir` keeps its permissions: it may be a folder the user shares on purpose.
 */
export async function prepareServerLayout(dataDir: string): Promise<ServerLayout> {
  await mkdir(join(dataDir, "redis"), { recursive: true, mode: 0o700 });
  const dir = await realpath(join(dataDir, "redis"));
  await chmod(dir, 0o700);
  return {
    dir,
    socketPath: await chooseSocketPath(dir),
    lockFile: join(dir, "start.lock"),
    lifelineFile: join(dir, "alive.fifo"),
    logFile: join(dir, "redis.log"),
    pidFile: join(dir, "redis.pid"),
  };
}

/** macOS allows 104 bytes with the closing zero, Linux 108 (`sun_path` in unix(4) and unix(7)). */
const maxSocketPathBytes = 103;

/**
 * Chooses where the server of a data directory listens: the same answer for every process of this user.
 *
 * A path too long for a socket, or with characters that a URL would escape, gives way to a private folder
 * in `/tmp`: not `TMPDIR`, which differs between a shell and a service of the same user.
 *
 * @param redisDir the server's directory, absolute and free of symbolic links
 * @throws Error when the folder in `/tmp` exists and belongs to another user
 */
export async function chooseSocketPath(redisDir: string): Promise<string> {
  const usual = join(redisDir, "redis.sock");
  if (Buffer.byteLength(usual) <= maxSocketPathBytes && pathToFileURL(usual).pathname === usual) return usual;
  const digest = hash("sha256", redisDir, "hex").slice(0, 16);
  const folder = join("/tmp", `perch-${userInfo().uid}-${digest}`);
  await makePrivateFolder(folder);
  return join(folder, "redis.sock");
}

/**
 * Makes a folder in a place that every user can write, such as `/tmp`. An existing one is used only if this user made it
 * and no other user can enter it.
 *
 * @throws Error when it exists and belongs to another user
 */
export async function makePrivateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (!hasErrorCode(error, "EEXIST")) throw error;
    if (!(await isPrivateFolder(folder)))
      throw new Error(`${folder} belongs to another user`, { cause: error });
  }
}

/** Whether a folder exists that this user made and no other user can enter. */
export async function isPrivateFolder(folder: string): Promise<boolean> {
  try {
    const found = await lstat(folder);
    return found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o077) === 0;
  } catch (error) {
    if (hasErrorCode(error, "ENOENT")) return false;
    throw error;
  }
}
