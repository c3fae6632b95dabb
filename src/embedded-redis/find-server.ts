import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { faultOfFolder } from "../files/trusted-file.ts";
import { EmbeddedRedisError } from "./errors.ts";
import { findExecutables, isUsableServer } from "./server-programs.ts";
import { acquireStartLock } from "./start-lock.ts";
import { unpackedServerFile, unpackServer } from "./unpack-server.ts";

/**
 * Finds a server program that runs: the configured one, else one on PATH, else a copy unpacked earlier, else one fetched
 * now. A configured program that does not run is an error rather than silently replaced.
 *
 * @throws EmbeddedRedisError `no_server`
 */
export async function findServer(options: {
  /** Unpacked servers are kept in `redis-bin/` below it; several data directories may share it. */
  readonly serversDir: string;
  readonly serverBin: string | undefined;
  readonly path: string | undefined;
  readonly dirsAfterPath?: readonly string[];
  readonly allowDownload: boolean;
  readonly log: (message: string) => void;
}): Promise<string> {
  const { serversDir, serverBin, path, dirsAfterPath, allowDownload, log } = options;
  if (serverBin !== undefined) {
    if (await isUsableServer(serverBin, path)) return serverBin;
    throw new EmbeddedRedisError(
      "no_server",
      `REDIS_SERVER_BIN (${serverBin}) does not run as a Redis or Valkey server 6.2 or newer: correct it or unset it, or set REDIS_URL to a running Redis.`,
    );
  }
  const unpacked = unpackedServerFile(serversDir);
  const home = dirname(dirname(unpacked));
  // Perch makes this folder readable by its user only; one with other permissions came with foreign files.
  const fault = faultOfFolder(home, { isSecret: true });
  const candidates = [
    ...(await findExecutables("redis-server", path, dirsAfterPath)),
    ...(await findExecutables("valkey-server", path, dirsAfterPath)),
    ...(fault === undefined ? [unpacked] : []),
  ];
  for (const candidate of candidates) {
    if (await isUsableServer(candidate, path)) return candidate;
  }
  if (fault !== undefined)
    throw new EmbeddedRedisError(
      "no_server",
      `No server is run from ${home}, because that folder ${fault}: remove it, install a Redis, or set REDIS_URL to a running one.`,
    );
  if (!allowDownload) throw noServer();
  try {
    await mkdir(serversDir, { recursive: true, mode: 0o700 });
    // A lock of its own: each data directory has its start lock, and another one may be fetching already.
    using _lock = await acquireStartLock(`${home}.lock`);
    if (await isUsableServer(unpacked, path)) return unpacked;
    return await unpackServer({ serversDir, path, log });
  } catch (cause) {
    throw noServer({ cause });
  }
}

function noServer(options?: ErrorOptions): EmbeddedRedisError {
  return new EmbeddedRedisError(
    "no_server",
    "No Redis or Valkey server 6.2 or newer was found: install one (apt-get install redis-server, or brew install redis), or set REDIS_URL to a running one.",
    options,
  );
}
