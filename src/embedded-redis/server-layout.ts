import { chmod, mkdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { chooseSocketPath } from "./socket-path.ts";

/** Where one embedded server keeps its files; absolute paths. */
export interface ServerLayout {
  readonly dir: string;
  readonly socketPath: string;
  readonly lockFile: string;
  readonly lifelineFile: string;
  readonly logFile: string;
  /** For people: `kill $(cat redis.pid)`. Nothing here trusts it, since a stale one may name any process. */
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
