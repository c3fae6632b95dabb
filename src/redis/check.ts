import type { Redis } from "ioredis";
import { type RedisClient, serversOf } from "./client.ts";

/** BullMQ 6 and Perch need 6.2; versions before 7 get no fixes any more. */
export const versionAge = (version: string): "too_old" | "outdated" | "current" => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < 6 || (major === 6 && minor < 2)) return "too_old";
  return major < 7 ? "outdated" : "current";
};

/** A Redis with any other policy deletes installs when its memory is full. */
export const evictionRule = {
  policy: "noeviction",
  fix: 'Run "redis-cli CONFIG SET maxmemory-policy noeviction" and put "maxmemory-policy noeviction" into its configuration.',
} as const;

/** What a Redis without an append-only file loses, and how to turn that file on. */
export const appendOnlyRule = {
  summary: "Redis keeps no append-only file: a crash loses installs.",
  fix: 'Run "redis-cli CONFIG SET appendfsync always" and "redis-cli CONFIG SET appendonly yes", and put both settings into its configuration.',
} as const;

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
 * What a managed Redis hides is a warning.
 *
 * @throws {UnsafeRedisError} `maxmemory-policy` is not `noeviction`, or the version is too old.
 */
export const checkRedis = async (client: RedisClient): Promise<readonly string[]> => {
  const warnings = await Promise.all(serversOf(client).map(checkServer));
  return [...new Set(warnings.flat())];
};

const checkServer = async (client: Redis): Promise<readonly string[]> => {
  const info = await readRedisInfo(client);
  const { redis_version: version, maxmemory_policy: policy, aof_enabled: keepsFile } = info;
  if (version !== undefined && versionAge(version) === "too_old")
    throw new UnsafeRedisError(`Redis ${version} is too old: Perch needs 6.2 or newer.`);
  if (policy !== undefined && policy !== evictionRule.policy) {
    throw new UnsafeRedisError(
      `Redis may evict installs: its maxmemory-policy is ${policy}. ${evictionRule.fix}`,
    );
  }
  const warnings = [
    version === undefined && hiddenVersion,
    policy === undefined && hiddenPolicy,
    keepsFile === undefined && hiddenFile,
    keepsFile === "0" && appendOnlyRule,
  ];
  return warnings.flatMap((warning) => (warning === false ? [] : `${warning.summary} ${warning.fix}`));
};

/** What a managed Redis hides, so that only its operator can tell. */
export const hiddenVersion = {
  summary: "Redis does not say its version.",
  fix: "See at its provider that it is compatible with Redis 6.2 or newer.",
} as const;
export const hiddenPolicy = {
  summary: "Redis does not say its maxmemory-policy.",
  fix: "See at its provider that it is noeviction: any other deletes installs when the memory is full.",
} as const;
export const hiddenFile = {
  summary: "Redis does not say whether it keeps an append-only file.",
  fix: "See at its provider that writes survive a crash (AOF, fsync always or every second).",
} as const;

/** Sections and all of `INFO` as one map. */
export const readRedisInfo = async (client: Redis): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    (await client.info())
      .split("\r\n")
      .filter((line) => line.includes(":") && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]),
  );
