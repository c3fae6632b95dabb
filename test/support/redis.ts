import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import type { RedisClient } from "../../src/redis/client.ts";

/** Address of the Redis that `global-setup.ts` started. */
export const testRedisUrl = (): string => {
  const url = process.env.PERCH_TEST_REDIS_URL;
  if (url === undefined) throw new Error("Run the tests with npm test, which starts a Redis for them.");
  return url;
};

/** A unique namespace, so that tests share one Redis without meeting. */
export const testPrefix = (): string => `{t-${randomBytes(6).toString("hex")}}`;

/** The same connection, for what a cluster's has not. */
export const toServer = (client: RedisClient): Redis =>
  client instanceof Redis ? client : assert.fail("a connection to one server");

/** How many shards stacks have unless a test says so. */
export const testShards = (): number => Number(process.env.TEST_SHARDS ?? 1);
