import { findDoubt } from "../../queue/restart-doubt.ts";
import type { Check } from "./check.ts";
import { ok, warn } from "./finding.ts";

/** Whether workers took what is in Redis for a restored backup, which only people can make whole. */
export const redisRestoredCheck: Check = {
  id: "redis_restored",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const doubt = await findDoubt({ client, keys }, now());
    if (doubt === undefined) return ok("Redis holds no backup that was restored in the last day.");
    return warn(
      `Redis came back at ${iso(doubt.sinceMs)} and may hold older data, as after restoring a backup: no worker lived through it that would know. Until ${iso(doubt.untilMs)} every number is looked for at Bird before it is created.`,
      "Send again what was accepted since the backup was taken (docs/durability.md). If nothing was restored and Redis and the workers were only off for a while, end the looks: perch doctor --trust-redis.",
    );
  },
};

const iso = (ms: number): string => new Date(ms).toISOString();
