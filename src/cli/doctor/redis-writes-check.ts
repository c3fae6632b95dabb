import { createWriteProbe } from "../../queue/write-probe.ts";
import type { Check } from "./check.ts";
import { fail, ok } from "./finding.ts";

/** Whether Redis takes writes, and if not, why: it may answer everything else. */
export const redisWritesCheck: Check = {
  id: "redis_writes",
  run: async ({ redis, keys }) => {
    const { client } = await redis();
    const fault = await createWriteProbe({ client, keys })();
    return fault === undefined
      ? ok("Redis takes writes.")
      : fail(`Redis refuses writes (${fault.kind}). ${fault.detail}.`, fault.fix);
  },
};
