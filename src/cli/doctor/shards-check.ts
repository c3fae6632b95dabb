import { readShardOverview } from "../../queue/shard-overview.ts";
import { areShardsUnused } from "../../queue/take-back-shards.ts";
import { counted } from "../counted.ts";
import { needlessShards } from "../needless-shards.ts";
import type { Check } from "./check.ts";
import { fail, ok, warn } from "./finding.ts";

/** Whether this process knows of all shards that hold installs, and every other of as many. */
export const shardsCheck: Check = {
  id: "shards",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const { shards, here, users, isCluster } = await readShardOverview({ client, keys });
    const fix = `Set SHARDS=${shards} for every process, and start again those that have another (perch shards).`;
    if (shards > here) {
      const isUnused = await areShardsUnused({ client, keys }, shards);
      return fail(
        `Installs are spread in ${shards} shards, and SHARDS is ${here}: a process takes no installs so.`,
        isUnused
          ? `${fix} Or, as nothing lies in the others yet, start every process with SHARDS=${here}: the number goes back.`
          : fix,
      );
    }
    const others = users.filter((user) => user.shards !== here);
    if (others.length > 0)
      return warn(
        `SHARDS is ${here} here and another elsewhere: ${others.map(({ role, host, shards: count }) => `${count} for ${role} on ${host}`).join(", ")}.`,
        "Start every process with the same SHARDS.",
      );
    if (here > 1 && !isCluster)
      return warn(needlessShards, "Leave SHARDS out, unless installs lie in them already.");
    return ok(`Installs are spread over ${counted(here, "shard")}.`);
  },
};
