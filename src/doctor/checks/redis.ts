import { EmbeddedRedisError } from "../../embedded-redis/embedded-redis.ts";
import { isoTime, plural } from "../../install/values/shown-text.ts";
import { readShardOverview, type ShardUser } from "../../queue/keyspace/shard-users.ts";
import { needlessShards } from "../../queue/keyspace/shards.ts";
import { areShardsUnused } from "../../queue/keyspace/take-back-shards.ts";
import { findRecheck } from "../../queue/redis-state/restart-recheck.ts";
import { createWriteProbe } from "../../queue/redis-state/write-probe.ts";
import { redisFaultOf } from "../../redis/errors.ts";
import { type Check, fail, ok, warn } from "../check.ts";
import { failureReason } from "../failure-reason.ts";
import { SkipCheck } from "../skip-check.ts";

/** Whether Redis answers at all. */
export const redisReachableCheck: Check = {
  id: "redis",
  run: async ({ connect, config }) => {
    const which = config.REDIS_URL === undefined ? "The private Redis" : "The Redis at REDIS_URL";
    try {
      await connect();
      return ok(`${which} answers.`);
    } catch (error) {
      if (error instanceof SkipCheck) throw error;
      // The message is a sentence with the fix, and names no address.
      if (error instanceof EmbeddedRedisError && error.code === "start_failed")
        return fail(`${which} cannot be started.`, error.message);
      const reason = failureReason(error);
      if (config.REDIS_URL === undefined)
        return fail(
          `${which} cannot be started (${reason}).`,
          "Run perch start once, which finds or fetches a server, or set REDIS_URL.",
        );
      return fail(`${which} cannot be reached (${reason}).`, redisFix(error));
    }
  },
};

const redisFix = (error: unknown): string => {
  const fault = redisFaultOf(error) ?? (error instanceof Error ? redisFaultOf(error.cause) : undefined);
  return fault === undefined || fault.kind === "unreachable"
    ? "Check host, port and TLS (rediss://) of REDIS_URL and that the server runs; a password with @, # or / must be percent-encoded."
    : fault.fix;
};

/** Whether Redis takes writes, and if not, why: it may answer everything else. */
export const redisWritesCheck: Check = {
  id: "redis_writes",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const fault = await createWriteProbe({ client, keys })();
    return fault === undefined
      ? ok("Redis takes writes.")
      : fail(`Redis refuses writes (${fault.kind}). ${fault.detail}.`, fault.fix);
  },
};

/** Whether workers suspect a restored backup in Redis, which only an operator can complete. */
export const redisRestoredCheck: Check = {
  id: "redis_restored",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const doubt = await findRecheck({ client, keys }, now());
    if (doubt === undefined) return ok("Redis holds no backup that was restored in the last day.");
    return warn(
      `Redis came back at ${isoTime(doubt.sinceMs)} and may hold older data, as after restoring a backup: no worker lived through it that would know. Until ${isoTime(doubt.untilMs)} every number is looked for at Bird before it is created.`,
      "Send again what was accepted since the backup was taken (docs/durability.md). If nothing was restored and Redis and the workers were only off for a while, end the looks: perch doctor --trust-redis.",
    );
  },
};

/** Whether this process is configured with all shards that hold installs, and all other processes with as many. */
export const shardsCheck: Check = {
  id: "shards",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const { shards, here, users, isCluster } = await readShardOverview({ client, keys });
    const fix = `Set SHARDS=${shards} for every process, and start again those that have another (perch shards).`;
    if (shards > here) {
      const isUnused = await areShardsUnused({ client, keys }, shards);
      return fail(
        `Installs are spread in ${shards} shards, and SHARDS is ${here}: a process takes no installs so.`,
        isUnused
          ? `${fix} Or, because the others are still empty, start every process with SHARDS=${here}: the number goes back.`
          : fix,
      );
    }
    const others = users.filter((user) => user.shards !== here);
    if (others.length > 0)
      return warn(
        `SHARDS is ${here} here and another elsewhere: ${othersText(others)}.`,
        "Start every process with the same SHARDS.",
      );
    if (here > 1 && !isCluster)
      return warn(needlessShards, "Leave SHARDS out, unless they hold installs already.");
    return ok(`Installs are spread over ${plural(here, "shard")}.`);
  },
};

/** Processes of one role and host that use as many shards, named once. */
const othersText = (others: readonly Pick<ShardUser, "role" | "host" | "shards">[]): string => {
  const alike = Map.groupBy(others, ({ role, host, shards }) => `${shards} for ${role} on ${host}`);
  return [...alike]
    .map(([text, { length }]) => (length === 1 ? text : `${text} (${length} processes)`))
    .join(", ");
};
