import { join } from "node:path";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";

let redis: EmbeddedRedis | undefined;

const dataDir = join(import.meta.dirname, "../../.data/test");

/**
 * One real Redis for all test files; each test keeps to a prefix of its own. And one cache of compiled modules: each
 * file is a process that would compile all of them again.
 */
export const globalSetup = async (): Promise<void> => {
  process.env.NODE_COMPILE_CACHE ??= join(dataDir, "compile-cache");
  redis = await startEmbeddedRedis({
    dataDir,
    serverBin: process.env.REDIS_SERVER_BIN,
    path: process.env.PATH,
  });
  process.env.PERCH_TEST_REDIS_URL = redis.url;
};

export const globalTeardown = async (): Promise<void> => {
  await redis?.stop();
};
