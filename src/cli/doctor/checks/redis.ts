import { EmbeddedRedisError } from "../../../embedded-redis/embedded-redis.ts";
import { isoTime } from "../../../install/iso-time.ts";
import { readShardOverview } from "../../../queue/keyspace/shard-users.ts";
import { areShardsUnused } from "../../../queue/keyspace/take-back-shards.ts";
import { findDoubt } from "../../../queue/maintenance/restart-doubt.ts";
import { createWriteProbe } from "../../../queue/maintenance/write-probe.ts";
import { appendOnlyRule, evictionRule, versionAge } from "../../../redis/check.ts";
import { redisFaultOf } from "../../../redis/errors.ts";
import { needlessShards } from "../../redis/shards.ts";
import { plural } from "../../terminal/io.ts";
import { type Check, fail, ok, type Verdict, warn } from "../check.ts";
import type { DoctorServer } from "../context.ts";
import { failureReason } from "../failure-reason.ts";
import { verdictOf } from "../run-checks.ts";
import { SkipCheck } from "../skip-check.ts";

const worstFirst = ["fail", "warn", "skipped", "ok"];

/** Judges every server that holds data and tells of the worst: a line, however many a cluster has. */
const eachServer =
  (judge: (server: DoctorServer, now: () => number) => Promise<Verdict>): Check["run"] =>
  async ({ redis, now }) => {
    const { servers } = await redis();
    const verdicts = await Promise.all(
      servers.map(async (server) => {
        const verdict = await judge(server, now).catch(verdictOf);
        return servers.length === 1 ? verdict : { ...verdict, summary: `${server.name}: ${verdict.summary}` };
      }),
    );
    const [worst] = verdicts.toSorted((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status));
    if (worst === undefined) throw new RangeError("a server");
    return worst.status === "ok" && servers.length > 1
      ? { ...worst, summary: `Each of ${servers.length} masters, among them ${worst.summary}` }
      : worst;
  };

/** A line of Redis's `INFO`. @throws {SkipCheck} where Redis does not say. */
const infoOf = (info: Readonly<Record<string, string>>, name: string): string => {
  const value = info[name];
  if (value === undefined)
    throw new SkipCheck(`Redis does not tell ${name}: allow the user of REDIS_URL the command INFO.`);
  return value;
};

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
      // Its message is a sentence with the fix, and names no address.
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
    ? "Check host, port and TLS (rediss://) of REDIS_URL and that the server runs; unset REDIS_URL to use a private Redis."
    : fault.fix;
};

/** Whether Perch works with this version, and whether it still gets fixes. */
export const redisVersionCheck: Check = {
  id: "redis_version",
  run: eachServer(async ({ info }) => {
    const version = infoOf(info, "redis_version");
    const age = versionAge(version);
    if (age === "too_old")
      return fail(
        `Redis ${version} is too old: Perch refuses it.`,
        "Update Redis to 7 or newer, or use Valkey.",
      );
    return age === "outdated"
      ? warn(`Redis ${version} works, but gets no more fixes.`, "Update Redis to 7 or newer, or use Valkey.")
      : ok(`Redis ${version}.`);
  }),
};

/** A Redis that evicts loses installs. */
export const redisEvictionCheck: Check = {
  id: "redis_eviction",
  run: eachServer(async ({ info }) => {
    const policy = infoOf(info, "maxmemory_policy");
    return policy === evictionRule.policy
      ? ok("Redis refuses work rather than forget any (noeviction).")
      : fail(
          `Redis may evict installs: its maxmemory-policy is ${policy}, and Perch refuses it.`,
          evictionRule.fix,
        );
  }),
};

/** What a crash of Redis or its machine would lose. */
export const redisPersistenceCheck: Check = {
  id: "redis_persistence",
  run: eachServer(async ({ client, info }) => {
    if (infoOf(info, "aof_enabled") !== "1") return warn(appendOnlyRule.loss, appendOnlyRule.fix);
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

const memoryShareMax = 0.8;

/** Whether there is room left: a full Redis takes neither installs nor events. */
export const redisMemoryCheck: Check = {
  id: "redis_memory",
  run: eachServer(async ({ info }) => {
    const [used, max] = [Number(infoOf(info, "used_memory")), Number(infoOf(info, "maxmemory"))];
    if (max === 0) return unlimited(used, Number(info.total_system_memory ?? 0));
    const text = `Redis uses ${mebibytes(used)} of ${mebibytes(max)} MiB (${Math.round((100 * used) / max)} %)`;
    if (used >= max)
      return fail(
        `${text}: it is full and takes neither installs nor events.`,
        "Raise Redis's maxmemory, or lower RETENTION_MS so that ended installs go sooner; installs go on by themselves.",
      );
    return used > memoryShareMax * max
      ? warn(
          `${text}: when it is full it takes neither installs nor events.`,
          "Raise Redis's maxmemory, or lower RETENTION_MS so that ended installs go sooner.",
        )
      : ok(`${text}.`);
  }),
};

/** Without a limit of its own Redis grows until its machine ends it. */
const unlimited = (used: number, machine: number): Verdict => {
  const text = `Redis uses ${mebibytes(used)} MiB and has no limit (maxmemory 0)`;
  return machine > 0 && used > memoryShareMax * machine
    ? warn(
        `${text}; its machine has ${mebibytes(machine)} MiB.`,
        "Set maxmemory below what the machine has, so that Redis refuses writes before the machine ends it.",
      )
    : ok(`${text}.`);
};

const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);

const pings = 11;
const latencyMaxMs = 20;

/** How long one command takes, there and back. */
export const redisLatencyCheck: Check = {
  id: "redis_latency",
  run: eachServer(async ({ client }) => {
    const tookMs: number[] = [];
    for (let count = 0; count < pings; count += 1) {
      const startMs = performance.now();
      await client.ping();
      tookMs.push(performance.now() - startMs);
    }
    const median = tookMs.toSorted((a, b) => a - b)[Math.floor(pings / 2)] ?? 0;
    const text = `Redis answers a PING in ${median.toFixed(1)} ms (median of ${pings})`;
    return median > latencyMaxMs
      ? warn(
          `${text}: every install takes some dozen commands.`,
          "Run Perch near its Redis (REDIS_URL), in the same region and network.",
        )
      : ok(`${text}.`);
  }),
};

const skewWarnMs = 1000;
const skewFailMs = 60_000;

/** Whether this machine and Redis agree on the time. */
export const redisClockCheck: Check = {
  id: "redis_clock",
  run: eachServer(async ({ client }, now) => {
    const sentMs = now();
    const [seconds, micros] = await client.time();
    const skewMs = (sentMs + now()) / 2 - (Number(seconds) * 1000 + Number(micros) / 1000);
    const text = `This machine's clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs < 0 ? "behind" : "ahead of"} Redis's`;
    const fix = "Synchronise both machines' clocks (NTP): holds, delays and deadlines are points in time.";
    if (Math.abs(skewMs) > skewFailMs) return fail(`${text}.`, fix);
    return Math.abs(skewMs) > skewWarnMs
      ? warn(`${text}.`, fix)
      : ok("This machine and Redis agree on the time.");
  }),
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

/** Whether workers took what is in Redis for a restored backup, which only people can make whole. */
export const redisRestoredCheck: Check = {
  id: "redis_restored",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const doubt = await findDoubt({ client, keys }, now());
    if (doubt === undefined) return ok("Redis holds no backup that was restored in the last day.");
    return warn(
      `Redis came back at ${isoTime(doubt.sinceMs)} and may hold older data, as after restoring a backup: no worker lived through it that would know. Until ${isoTime(doubt.untilMs)} every number is looked for at Bird before it is created.`,
      "Send again what was accepted since the backup was taken (docs/durability.md). If nothing was restored and Redis and the workers were only off for a while, end the looks: perch doctor --trust-redis.",
    );
  },
};

/** Whether this process knows of all shards that hold installs, and every other of as many. */
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
          ? `${fix} Or, as nothing lies in the others yet, start every process with SHARDS=${here}: the number goes back.`
          : fix,
      );
    }
    const others = users.filter((user) => user.shards !== here);
    if (others.length > 0)
      return warn(
        `SHARDS is ${here} here and another elsewhere: ${others.map(({ role, host, shards: count }) => `${count} for ${role} on ${host}`).join(", ")}.`,
        "Start every process with the same SHARDS.",
      );
    if (here > 1 && !isCluster)
      return warn(needlessShards, "Leave SHARDS out, unless installs lie in them already.");
    return ok(`Installs are spread over ${plural(here, "shard")}.`);
  },
};
