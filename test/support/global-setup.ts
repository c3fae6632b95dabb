import { hash } from "node:crypto";
import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";

let redis: EmbeddedRedis | undefined;

const dataDir = join(import.meta.dirname, "../../.data/test");

/** Linux's files in memory, which a container may have few of. */
const memory = "/dev/shm";
const redisBytesMax = 2 ** 30;

/** A folder of this checkout's tests for what Redis writes with each command: waiting for a disk takes a fifth of their time. */
const findRedisDir = (): string => {
  try {
    const { bavail, bsize } = statfsSync(memory);
    if (bavail * bsize < redisBytesMax) return dataDir;
  } catch {
    return dataDir;
  }
  return join(memory, `perch-test-${hash("sha256", dataDir).slice(0, 12)}`);
};
const redisDir = findRedisDir();

/**
 * One real Redis for all test files; each test keeps to a prefix of its own. And one cache of compiled modules: each
 * file is a process that would compile all of them again.
 */
export const globalSetup = async (): Promise<void> => {
  process.env.NODE_COMPILE_CACHE ??= join(dataDir, "compile-cache");
  redis = await startEmbeddedRedis({
    dataDir: redisDir,
    serversDir: dataDir,
    serverBin: process.env.REDIS_SERVER_BIN,
    path: process.env.PATH,
  });
  process.env.PERCH_TEST_REDIS_URL = redis.url;
};

export const globalTeardown = async (): Promise<void> => {
  await redis?.stop();
  if (redis?.started === true) rmSync(join(redisDir, "redis"), { recursive: true, force: true });
};
