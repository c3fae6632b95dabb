import { createInstallsQueues } from "../../queue/installs-queue.ts";
import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { fail, ok, warn } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether anybody takes installs off the queue. */
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
        throw new UnmetError(
          "Redis does not list its clients: allow the user of REDIS_URL the command CLIENT.",
        );
      const waiting = counts
        .flatMap((ofShard) => Object.values(ofShard))
        .reduce((sum, each) => sum + each, 0);
      const workers = Math.min(...workersOfShards);
      const text = `${counted(waiting, "install")} not ended`;
      if (workers > 0) return ok(`${counted(workers, "worker")} connected; ${text}.`);
      const fix = "Start one with perch worker (or perch start), with the same REDIS_URL and SEALING_KEYS.";
      if (Math.max(...workersOfShards) > 0)
        return fail(
          `No worker takes installs off ${counted(workersOfShards.filter((count) => count === 0).length, "shard")} of ${keys.shards.length}; ${text}.`,
          "Start every worker with the same SHARDS.",
        );
      return waiting > 0 ? fail(`No worker runs, and ${text}.`, fix) : warn("No worker runs.", fix);
    } finally {
      await queues.close();
    }
  },
};
