import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { ok, warn } from "./finding.ts";
import { infoOf } from "./info-of.ts";

/** What a crash of Redis or its machine would lose. */
export const redisPersistenceCheck: Check = {
  id: "redis_persistence",
  run: eachServer(async ({ client, info }) => {
    if (infoOf(info, "aof_enabled") !== "1")
      return warn(
        "Redis keeps no append-only file: a crash loses installs.",
        'Run "redis-cli CONFIG SET appendonly yes" and put "appendonly yes" and "appendfsync always" into its configuration.',
      );
    const [, fsync] = await client.config("GET", "appendfsync").catch(() => []);
    if (fsync === undefined)
      return warn(
        "Redis keeps an append-only file; how often it reaches the disk cannot be read (CONFIG is not allowed).",
        'See that its configuration has "appendfsync always", or allow this user "config|get".',
      );
    return fsync === "always"
      ? ok("Redis writes everything acknowledged to disk (appendonly yes, appendfsync always).")
      : warn(
          `Redis writes to disk with appendfsync ${fsync}: a crash of its machine loses what was acknowledged last.`,
          'Run "redis-cli CONFIG SET appendfsync always" and put "appendfsync always" into its configuration.',
        );
  }),
};
