import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";

/** Whether this process knows of all shards that hold installs. */
export const shardsCheck: Check = {
  id: "shards",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const count = keys.shards.length;
    const agreed = Number((await client.get(keys.home().shardCount)) ?? 1);
    return agreed > count
      ? fail(
          `Installs lie in ${agreed} shards, and SHARDS is ${count}: Perch does not start so.`,
          `Set SHARDS=${agreed} for every process; it can grow and never shrinks.`,
        )
      : ok(`Installs are spread over ${counted(count, "shard")}.`);
  },
};
