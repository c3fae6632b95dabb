import { sumOfShards } from "../../queue/sum-of-shards.ts";
import { counted } from "../counted.ts";
import type { Check } from "./check.ts";
import { ok, warn } from "./finding.ts";

/** Events younger than this may still be matched: the create's answer is on its way. */
const unmatchedAfterMs = 60_000;

/** Events Bird sent for connectors that no install made. */
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
        `${counted(dropped, "event")} of Bird dropped because one workspace sent more than are kept.`,
        "GET /v1/events/unmatched and GET /v1/events/unreadable show which: narrow its subscription, or rotate its signing key if somebody else has that.",
      );
    return count === 0
      ? ok("Every event of Bird belongs to an install.")
      : warn(
          `${counted(count, "event")} of Bird without an install.`,
          "GET /v1/events/unmatched lists them: connectors made by others in the same workspace are harmless, duplicates of an install's own are not.",
        );
  },
};
