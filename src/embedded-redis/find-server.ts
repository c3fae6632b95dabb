import { EmbeddedRedisError } from "./embedded-redis-error.ts";
import { findExecutables } from "./find-executables.ts";
import { isUsableServer } from "./is-usable-server.ts";
import { unpackServer } from "./unpack-server.ts";
import { unpackedServerFile } from "./unpacked-server-file.ts";

/**
 * Finds a server program that is proven to run: the one asked for, else on PATH, else a copy unpacked earlier,
 * else one fetched now. One that is asked for and does not run is an error: a silent substitute would surprise.
 *
 * @throws EmbeddedRedisError `no_server`
 */
export async function findServer(options: {
  readonly dataDir: string;
  readonly serverBin: string | undefined;
  readonly path: string | undefined;
  readonly dirsAfterPath?: readonly string[];
  readonly allowDownload: boolean;
  readonly log: (message: string) => void;
}): Promise<string> {
  const { dataDir, serverBin, path, dirsAfterPath, allowDownload, log } = options;
  if (serverBin !== undefined) {
    if (await isUsableServer(serverBin, path)) return serverBin;
    throw new EmbeddedRedisError(
      "no_server",
      `REDIS_SERVER_BIN (${serverBin}) does not run as a Redis or Valkey server 6.2 or newer: correct it or unset it, or set REDIS_URL to a running Redis.`,
    );
  }
  const candidates = [
    ...(await findExecutables("redis-server", path, dirsAfterPath)),
    ...(await findExecutables("valkey-server", path, dirsAfterPath)),
    unpackedServerFile(dataDir),
  ];
  for (const candidate of candidates) {
    if (await isUsableServer(candidate, path)) return candidate;
  }
  if (!allowDownload) throw noServer();
  try {
    return await unpackServer({ dataDir, path, log });
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
