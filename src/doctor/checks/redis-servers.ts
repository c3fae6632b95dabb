import {
  appendOnlyRule,
  evictionRule,
  hiddenFile,
  hiddenPolicy,
  hiddenVersion,
  versionAge,
} from "../../redis/check.ts";
import { type Check, fail, ok, type Verdict, warn } from "../check.ts";
import type { DoctorServer } from "../context.ts";
import { verdictOf } from "../run-checks.ts";
import { SkipCheck } from "../skip-check.ts";

/** Checks every server that holds data. Of a cluster each that is not in order is a finding of its own. */
const eachServer = (
  id: string,
  check: (server: DoctorServer, now: () => number) => Promise<Verdict>,
): Check => ({
  id,
  run: async ({ redis, now }) => {
    const { servers } = await redis();
    const found = await Promise.all(
      servers.map(async (server) => {
        const verdict = await check(server, now).catch(verdictOf);
        return { id: servers.length === 1 ? id : `${id}:${server.name}`, ...verdict };
      }),
    );
    const [first] = found;
    if (first === undefined) throw new RangeError("a server");
    if (found.length === 1 || found.some(({ status }) => status !== "ok"))
      return found.filter(({ status }) => found.length === 1 || status !== "ok");
    return ok(`Each of ${found.length} masters, among them ${servers[0]?.name}: ${first.summary}`);
  },
});

/** A value of Redis's `INFO`; undefined where Redis hides it. @throws {SkipCheck} when `INFO` is not allowed. */
const visibleInfo = (info: Readonly<Record<string, string>>, name: string): string | undefined => {
  if (Object.keys(info).length === 0) return infoOf(info, name);
  return info[name];
};

/** A value of Redis's `INFO`. @throws {SkipCheck} when Redis does not return it. */
const infoOf = (info: Readonly<Record<string, string>>, name: string): string => {
  const value = info[name];
  if (value === undefined)
    throw new SkipCheck(`Redis does not return ${name}: allow the user of REDIS_URL the command INFO.`);
  return value;
};

/** Whether Perch works with this version, and the version still gets fixes. */
export const redisVersionCheck = eachServer("redis_version", async ({ info }) => {
  const version = visibleInfo(info, "redis_version");
  if (version === undefined) return warn(hiddenVersion.summary, hiddenVersion.fix);
  const age = versionAge(version);
  if (age === "too_old")
    return fail(
      `Redis ${version} is too old: Perch refuses it.`,
      "Update Redis to 7 or newer, or use Valkey.",
    );
  return age === "outdated"
    ? warn(`Redis ${version} works, but gets no more fixes.`, "Update Redis to 7 or newer, or use Valkey.")
    : ok(`Redis ${version}.`);
});

/** A Redis that evicts loses installs. */
export const redisEvictionCheck = eachServer("redis_eviction", async ({ info }) => {
  const policy = visibleInfo(info, "maxmemory_policy");
  if (policy === undefined) return warn(hiddenPolicy.summary, hiddenPolicy.fix);
  return policy === evictionRule.policy
    ? ok("Redis refuses work rather than forget any (noeviction).")
    : fail(
        `Redis may evict installs: its maxmemory-policy is ${policy}, and Perch refuses it.`,
        evictionRule.fix,
      );
});

/** What a crash of Redis or its machine would lose. */
export const redisPersistenceCheck = eachServer("redis_persistence", async ({ client, info }) => {
  const keepsFile = visibleInfo(info, "aof_enabled");
  if (keepsFile === undefined) return warn(hiddenFile.summary, hiddenFile.fix);
  if (keepsFile !== "1") return fail(appendOnlyRule.summary, appendOnlyRule.fix);
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
});

const memoryShareMax = 0.8;

/** Whether there is room left: a full Redis takes neither installs nor events. */
export const redisMemoryCheck = eachServer("redis_memory", async ({ info }) => {
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
});

/** Without a memory limit Redis grows until the operating system kills it. */
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

/** Round-trip time of one command. */
export const redisLatencyCheck = eachServer("redis_latency", async ({ client }) => {
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
});

const skewWarnMs = 1000;
const skewFailMs = 60_000;

/** Whether this machine's clock is that of Redis. */
export const redisClockCheck = eachServer("redis_clock", async ({ client }, now) => {
  const sentMs = now();
  const [seconds, micros] = await client.time();
  const skewMs = (sentMs + now()) / 2 - (Number(seconds) * 1000 + Number(micros) / 1000);
  const text = `This machine's clock is ${(Math.abs(skewMs) / 1000).toFixed(1)} s ${skewMs < 0 ? "behind" : "ahead of"} Redis's`;
  const fix = "Synchronise both machines' clocks (NTP): holds, delays and deadlines are points in time.";
  if (Math.abs(skewMs) > skewFailMs) return fail(`${text}.`, fix);
  return Math.abs(skewMs) > skewWarnMs
    ? warn(`${text}.`, fix)
    : ok("This machine and Redis agree on the time.");
});
