import { plural } from "../../install/values/shown-text.ts";
import { type Check, ok, warn } from "../check.ts";

/** Open batches looked at, and ids that a line names. */
const batchesMax = 1000;
const namedMax = 3;
/** Older dead letters stay until `RETENTION_MS` and are no news. */
const recentMs = 86_400_000;

/** Batches that wait for a person: those that halted themselves, and those that were paused. */
export const batchesCheck: Check = {
  id: "batches",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const home = keys.home();
    const ids = await client.srandmember(home.openBatches, batchesMax);
    const states = await Promise.all(
      ids.map(async (id) => {
        const [pausedAt, reason] = await client.hmget(home.batch(id), "pausedAt", "pauseReason");
        return { id, isPaused: pausedAt != null, isHalted: reason != null };
      }),
    );
    const paused = states.filter(({ isPaused }) => isPaused);
    const halted = paused.filter(({ isHalted }) => isHalted);
    if (paused.length === 0) return ok("No batch is paused.");
    const named = (halted.length > 0 ? halted : paused).slice(0, namedMax).map(({ id }) => id);
    return warn(
      halted.length > 0
        ? `${batchesText(halted.length)} halted because too many installs failed: ${named.join(", ")}.`
        : `${batchesText(paused.length)} paused by a person: ${named.join(", ")}.`,
      "perch batch ID shows why; perch batch ID --resume continues it, perch cancel --batch ID ends it.",
    );
  },
};

/** Notifications that were given up lately. */
export const deadLettersCheck: Check = {
  id: "dead_letters",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const dead = keys.home().endedNotifications("failed");
    const count = await client.zcount(dead, now() - recentMs, "+inf");
    return count === 0
      ? ok("No notification was given up in the last day.")
      : warn(
          `${plural(count, "notification")} given up in the last day: a receiver did not take them.`,
          "GET /v1/notifications?status=failed says why for each; once that is corrected, POST /v1/notifications/{id}/resend.",
        );
  },
};

const batchesText = (count: number): string => `${count} ${count === 1 ? "batch" : "batches"}`;
