import { decodeTime, isValid } from "ulid";
import { isoTime, plural } from "../../install/values/shown-text.ts";
import { createHolds } from "../../queue/gate/holds.ts";
import { createInstalls } from "../../queue/installs/installs.ts";
import { createInstallsQueues } from "../../queue/installs/queue.ts";
import { sumOfShards } from "../../queue/keyspace/keys.ts";
import { type Check, type Finding, fail, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";
import { SkipCheck } from "../skip-check.ts";

/** Whether any worker takes installs off the queue. */
export const workersCheck: Check = {
  id: "workers",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const queues = createInstallsQueues({ client, keys });
    try {
      const [workersOfShards, counts] = await Promise.all([
        Promise.all(queues.all.map((queue) => queue.getWorkersCount())).catch(() => undefined),
        Promise.all(
          queues.all.map((queue) => queue.getJobCounts("wait", "prioritized", "delayed", "active")),
        ),
      ]);
      if (workersOfShards === undefined)
        throw new SkipCheck(
          "Redis does not list its clients: allow the user of REDIS_URL the command CLIENT.",
        );
      const waiting = counts
        .flatMap((ofShard) => Object.values(ofShard))
        .reduce((sum, each) => sum + each, 0);
      const workers = Math.min(...workersOfShards);
      const text = `${plural(waiting, "install")} not ended`;
      if (workers > 0) return ok(`${plural(workers, "worker")} connected; ${text}.`);
      const fix = "Start one with perch worker (or perch start), with the same REDIS_URL and SEALING_KEYS.";
      if (Math.max(...workersOfShards) > 0)
        return fail(
          `No worker takes installs off ${plural(workersOfShards.filter((count) => count === 0).length, "shard")} of ${keys.shards.length}; ${text}.`,
          "Start every worker with the same SHARDS.",
        );
      return waiting > 0 ? fail(`No worker runs, and ${text}.`, fix) : warn("No worker runs.", fix);
    } finally {
      await queues.close();
    }
  },
};

/** How late BullMQ's delayed installs may be, ms. A healthy worker takes them within moments. */
const overdueMs = 60_000;
const waitsLongMs = 3_600_000;
/** How many installs are read to find the one that waits longest. */
const sampleSize = 1000;

/** Whether installs progress: those that are due and not taken, and those that have waited long. */
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
        `${plural(overdue, "install")} due for more than a minute and not taken up.`,
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

/** How many held installs are read to find held workspaces. */
const heldRead = 100;

/** Held workspaces, and why. */
export const holdsCheck: Check = {
  id: "holds",
  run: async (context) => {
    const { client } = await context.redis();
    const { keys, config, now } = context;
    const holds = createHolds({
      client,
      keys,
      baseMs: config.HOLD_BASE_MS,
      capMs: config.HOLD_CAP_MS,
      now,
    });
    const found = await Promise.all(
      (await mayBeHeld(context)).map(async (workspaceId) => ({
        workspaceId,
        hold: await holds.find(workspaceId),
      })),
    );
    const held = found.flatMap(({ workspaceId, hold }): Finding[] =>
      hold === undefined
        ? []
        : [
            {
              id: `holds:${workspaceId}`,
              ...(hold.reason === "unauthorized"
                ? fail(
                    `The workspace is held until ${isoTime(hold.untilMs)}: Bird refused the access key for it.`,
                    `Correct BIRD_ACCESS_KEY and restart API and workers, or correct its policies in Bird; then run perch workspaces resume ${workspaceId}.`,
                  )
                : warn(
                    `The workspace is held until ${isoTime(hold.untilMs)}: Bird asked to slow down.`,
                    "It goes on by itself. If that happens often, lower BIRD_POSTS_PER_SECOND and BIRD_GETS_PER_SECOND.",
                  )),
            },
          ],
    );
    return held.length > 0 ? held : ok("No workspace is held.");
  },
};

const mayBeHeld = async (context: DoctorContext): Promise<readonly string[]> => {
  const { client } = await context.redis();
  const { keys, config } = context;
  const installs = createInstalls({ client, keys, retentionMs: config.RETENTION_MS });
  const [{ items }, known] = await Promise.all([
    installs.list({ status: "held", limit: heldRead }),
    context.workspaces().catch(() => []),
  ]);
  return [...new Set([...known, ...items.map(({ workspaceId }) => workspaceId)])];
};

/** Events younger than this may still be matched: the create's answer is on its way. */
const unmatchedAfterMs = 60_000;

/** Events of connectors that no install made. */
export const unmatchedCheck: Check = {
  id: "unmatched",
  run: async ({ redis, keys, now }) => {
    const { client } = await redis();
    const count = await sumOfShards(keys, (shard) =>
      client.zcount(shard.unmatched, "-inf", now() - unmatchedAfterMs),
    );
    const dropped = await sumOfShards(keys, async (shard) =>
      (await client.hvals(shard.droppedEvents)).reduce((sum, each) => sum + Number(each), 0),
    );
    if (dropped > 0)
      return warn(
        `${plural(dropped, "event")} of Bird dropped because one workspace sent more than are kept.`,
        "GET /v1/events/unmatched and GET /v1/events/unreadable show which: narrow its subscription, or rotate its signing key if others have it.",
      );
    return count === 0
      ? ok("Every event of Bird belongs to an install.")
      : warn(
          `${plural(count, "event")} of Bird without an install.`,
          "GET /v1/events/unmatched lists them: connectors made by others in the same workspace are harmless, duplicates of an install's own are not.",
        );
  },
};
