import { join } from "node:path";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/embedded-redis/embedded-redis.ts";

let redis: EmbeddedRedis | undefined;

/** One real Redis for all test files; each test keeps to a prefix of its own. */
export const globalSetup = async (): Promise<void> => {
  redis = await startEmbeddedRedis({
    dataDir: join(import.meta.dirname, "../../.data/test"),
    serverBin: process.env.REDIS_SERVER_BIN,
    path: process.env.PATH,
  });
  process.env.PERCH_TEST_REDIS_URL = redis.url;
};

export const globalTeardown = async (): Promise<void> => {
  await redis?.stop();
};
