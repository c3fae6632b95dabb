import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Searched after PATH, which services and editors often shorten. */
const wellKnownDirs = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"] as const;

/**
 * Lists the executables of a name in the order they are to be tried: PATH first, then the usual places.
 *
 * Relative entries of PATH are skipped, so that no file of the current folder is run.
 */
export async function findExecutables(
  name: string,
  path: string | undefined,
  dirsAfterPath: readonly string[] = wellKnownDirs,
): Promise<readonly string[]> {
  const onPath = (path ?? "").split(delimiter).filter((dir) => dir.startsWith("/"));
  const files = [...new Set([...onPath, ...dirsAfterPath])].map((dir) => join(dir, name));
  const checked = await Promise.all(files.map(async (file) => ((await isExecutable(file)) ? [file] : [])));
  return checked.flat();
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

const answerTimeoutMs = 10_000;
const oldestUsable = { major: 6, minor: 2 } as const;

/**
 * Whether a file runs here and is a Redis or Valkey server of version 6.2 or newer, as BullMQ recommends.
 *
 * `--version` prints `Redis server v=7.0.15 sha=...` or `Valkey server v=8.1.1 sha=...`.
 */
export async function isUsableServer(file: string, path: string | undefined): Promise<boolean> {
  const env = path === undefined ? {} : { PATH: path };
  try {
    const { stdout } = await promisify(execFile)(file, ["--version"], { timeout: answerTimeoutMs, env });
    const [, major = 0, minor = 0] = (/ server v=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
    return major > oldestUsable.major || (major === oldestUsable.major && minor >= oldestUsable.minor);
  } catch {
    return false;
  }
}
