import { existsSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";
import { withDataDir } from "../servers/embedded-redis-harness.ts";

/** The server program the tests have found already, so that none is fetched again. */
const found = join(import.meta.dirname, "../../.data/test/redis-bin");

/** Starts the server of a data directory without fetching anything. */
export const startPrivateRedis = (dataDir: string): Promise<EmbeddedRedis> =>
  startEmbeddedRedis({
    dataDir,
    serverBin: process.env.REDIS_SERVER_BIN,
    path: process.env.PATH,
    allowDownload: false,
  });

/** Lends a Redis of the test's own, whose settings it may change and which it may stop. */
export const withPrivateRedis = (
  use: (redis: EmbeddedRedis & { readonly dataDir: string }) => Promise<void>,
): Promise<void> =>
  withDataDir(async (dataDir) => {
    if (existsSync(found)) await symlink(found, join(dataDir, "redis-bin"));
    const redis = await startPrivateRedis(dataDir);
    try {
      await use({ ...redis, dataDir });
    } finally {
      await redis.stop();
    }
  });
