import type { Check } from "./check.ts";
import { eachServer } from "./each-server.ts";
import { fail, ok } from "./finding.ts";
import { infoOf } from "./info-of.ts";

/** A Redis that evicts loses installs. */
export const redisEvictionCheck: Check = {
  id: "redis_eviction",
  run: eachServer(async ({ info }) => {
    const policy = infoOf(info, "maxmemory_policy");
    return policy === "noeviction"
      ? ok("Redis refuses work rather than forget any (noeviction).")
      : fail(
          `Redis may evict installs: its maxmemory-policy is ${policy}, and Perch refuses it.`,
          'Run "redis-cli CONFIG SET maxmemory-policy noeviction" and put "maxmemory-policy noeviction" into its configuration.',
        );
  }),
};
