import { randomBytes } from "node:crypto";

/** Address of the Redis that `global-setup.ts` started. */
export const testRedisUrl = (): string => {
  const url = process.env.PERCH_TEST_REDIS_URL;
  if (url === undefined) throw new Error("Run the tests with npm test, which starts a Redis for them.");
  return url;
};

/** A namespace nobody else uses, so that tests share one Redis and never meet. */
export const testPrefix = (): string => `{t-${randomBytes(6).toString("hex")}}`;
