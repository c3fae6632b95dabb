import type { Redis } from "ioredis";
import type { RedisClient } from "./client.ts";
import { serversOf } from "./client.ts";

/** The oldest Redis BullMQ 6 and Perch run on without warnings. */
const oldestVersion = { major: 6, minor: 2 };

/** A Redis that Perch must not use, because it may drop keys on its own. */
export class UnsafeRedisError extends Error {
  readonly code = "unsafe_redis";

  constructor(message: string) {
    super(message);
    this.name = "UnsafeRedisError";
  }
}

/**
 * Refuses a Redis that would lose installs by its own settings, and returns warnings about the rest.
 *
 * @throws {UnsafeRedisError} `maxmemory-policy` is not `noeviction`, or the version is too old.
 */
export const checkRedis = async (client: RedisClient): Promise<readonly string[]> => {
  const warnings = await Promise.all(serversOf(client).map(checkServer));
  return [...new Set(warnings.flat())];
};

const checkServer = async (client: Redis): Promise<readonly string[]> => {
  const info = await readRedisInfo(client);
  checkVersion(info.redis_version ?? "");
  const policy = info.maxmemory_policy ?? "unknown";
  if (policy !== "noeviction") {
    throw new UnsafeRedisError(
      `Redis may evict installs: its maxmemory-policy is ${policy}. Run "redis-cli CONFIG SET maxmemory-policy noeviction" and put "maxmemory-policy noeviction" into its configuration.`,
    );
  }
  return info.aof_enabled === "1"
    ? []
    : [
        'Redis keeps no append-only file: a crash loses installs. Run "redis-cli CONFIG SET appendonly yes" and put "appendonly yes" and "appendfsync always" into its configuration.',
      ];
};

const checkVersion = (version: string): void => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldestVersion.major || (major === oldestVersion.major && minor >= oldestVersion.minor)) return;
  throw new UnsafeRedisError(`Redis ${version} is too old: Perch needs 6.2 or newer.`);
};

/** Sections and all of `INFO` as one map. */
export const readRedisInfo = async (client: Redis): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    (await client.info())
      .split("\r\n")
      .filter((line) => line.includes(":") && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
