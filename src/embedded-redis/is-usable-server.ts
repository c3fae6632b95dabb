import { execFile } from "node:child_process";
import { promisify } from "node:util";

const answerTimeoutMs = 10_000;
const oldestUsable = { major: 6, minor: 2 } as const;

/**
 * Proves that a file runs here and is a Redis or Valkey server of version 6.2 or newer, as BullMQ recommends.
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
