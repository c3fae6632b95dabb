import { decodeTime, isValid } from "ulid";
import { sumOfShards } from "../../queue/sum-of-shards.ts";
import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { fail, ok, warn } from "./finding.ts";

/** How late BullMQ's delayed installs may be. A healthy worker takes them within moments. */
const overdueMs = 60_000;
const waitsLongMs = 3_600_000;
/** Installs looked at for the one that waits longest. */
const sampleSize = 1000;

/** Whether installs move: what is due and not taken, and what waits for long. */
export const waitingCheck: Check = {
  id: "waiting",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const nowMs = now();
    const [overdue, ...ids] = await Promise.all([
      // BullMQ's score of a delayed job: when it is due, in ms, shifted by 12 bits for a counter.
      sumOfShards(keys, (shard) => client.zcount(shard.job("delayed"), "-inf", (nowMs - overdueMs) * 4096)),
      ...keys.shards.flatMap((shard) => [
        client.lrange(shard.job("wait"), -sampleSize, -1),
        client.zrange(shard.job("prioritized"), "0", String(sampleSize - 1)),
      ]),
    ]);
    if (overdue > 0)
      return fail(
        `${counted(overdue, "install")} due for more than a minute and not taken up.`,
        "See that a worker runs and reaches Redis: its log says why it does not act. Start one with perch worker.",
      );
    const since = ids
      .flat()
      .filter((id) => isValid(id))
      .map((id) => decodeTime(id));
    if (since.length === 0) return ok("Nothing is due that is not in hand.");
    const ageMs = nowMs - Math.min(...since);
    const text = `The oldest install on the queue was made ${duration(ageMs)} ago`;
    return ageMs > waitsLongMs
      ? warn(
          `${text}.`,
          "Run more perch worker processes, or raise WORKER_CONCURRENCY or BIRD_POSTS_PER_SECOND; perch list --status queued shows them.",
        )
      : ok(`${text}.`);
  },
};

const duration = (ms: number): string => {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
};
