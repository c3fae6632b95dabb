import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { fail, ok, type Verdict, warn } from "./finding.ts";
import { infoOf } from "./info-of.ts";

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
