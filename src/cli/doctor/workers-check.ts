import { createInstallsQueue } from "../../queue/installs-queue.ts";
import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { fail, ok, warn } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether anybody takes installs off the queue. */
export const workersCheck: Check = {
  id: "workers",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const queue = createInstallsQueue({ client, keys });
    try {
      const [workers, counts] = await Promise.all([
        queue.getWorkersCount().catch(() => undefined),
        queue.getJobCounts("wait", "prioritized", "delayed", "active"),
      ]);
      if (workers === undefined)
        throw new UnmetError(
          "Redis does not list its clients: allow the user of REDIS_URL the command CLIENT.",
        );
      const waiting = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const text = `${counted(waiting, "install")} not ended`;
      if (workers > 0) return ok(`${counted(workers, "worker")} connected; ${text}.`);
      const fix = "Start one with perch worker (or perch start), with the same REDIS_URL and SEALING_KEYS.";
      return waiting > 0 ? fail(`No worker runs, and ${text}.`, fix) : warn("No worker runs.", fix);
    } finally {
      await queue.close();
    }
  },
};
