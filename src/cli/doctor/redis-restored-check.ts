import { doubtUntil } from "../../queue/doubt-until.ts";
import type { Check } from "./check.ts";
import { ok, warn } from "./finding.ts";

/** Whether workers took what is in Redis for a restored backup, which only people can make whole. */
export const redisRestoredCheck: Check = {
  id: "redis_restored",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const restored = await Promise.all(keys.shards.map(({ server }) => client.hget(server, "restoredMs")));
    const restoredMs = Math.max(...restored.map(Number));
    const untilMs = doubtUntil(restoredMs);
    if (untilMs <= now()) return ok("Redis holds no backup that was restored in the last day.");
    return warn(
      `Redis came back at ${iso(restoredMs)} with older data, as after restoring a backup: until ${iso(untilMs)} every number is looked for at Bird before it is created.`,
      `Send again what was accepted since the backup was taken (docs/backup.md). If nothing was restored and Redis was only off for a while, end the looks: redis-cli HDEL "${keys.shards[restored.map(Number).indexOf(restoredMs)]?.server}" restoredMs.`,
    );
  },
};

const iso = (ms: number): string => new Date(ms).toISOString();
