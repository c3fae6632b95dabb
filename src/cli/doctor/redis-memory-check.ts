import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { ok, warn } from "./finding.ts";
import { infoOf } from "./info-of.ts";

const memoryShareMax = 0.8;

/** Whether there is room left: a full Redis takes neither installs nor events. */
export const redisMemoryCheck: Check = {
  id: "redis_memory",
  run: eachServer(async ({ info }) => {
    const [used, max] = [Number(infoOf(info, "used_memory")), Number(infoOf(info, "maxmemory"))];
    if (max === 0) return ok(`Redis uses ${mebibytes(used)} MiB and has no limit (maxmemory 0).`);
    const text = `Redis uses ${mebibytes(used)} of ${mebibytes(max)} MiB (${Math.round((100 * used) / max)} %)`;
    return used > memoryShareMax * max
      ? warn(
          `${text}: when it is full it takes neither installs nor events.`,
          "Raise Redis's maxmemory, or lower RETENTION_MS so that ended installs go sooner.",
        )
      : ok(`${text}.`);
  }),
};

const mebibytes = (bytes: number): string => (bytes / 1_048_576).toFixed(1);
