import { EmbeddedRedisError } from "../../embedded-redis/embedded-redis.ts";
import { redisFaultOf } from "../../queue/redis-fault.ts";
import type { Check } from "./check.ts";
import { failureReason } from "./failure-reason.ts";
import { fail, ok } from "./finding.ts";
import { UnmetError } from "./unmet-error.ts";

/** Whether Redis answers at all. */
export const redisReachableCheck: Check = {
  id: "redis",
  run: async ({ connect, config }) => {
    const which = config.REDIS_URL === undefined ? "The private Redis" : "The Redis at REDIS_URL";
    try {
      await connect();
      return ok(`${which} answers.`);
    } catch (error) {
      if (error instanceof UnmetError) throw error;
      // Its message is a sentence with the fix, and names no address.
      if (error instanceof EmbeddedRedisError && error.code === "start_failed")
        return fail(`${which} cannot be started.`, error.message);
      const reason = failureReason(error);
      if (config.REDIS_URL === undefined)
        return fail(
          `${which} cannot be started (${reason}).`,
          "Run perch start once, which finds or fetches a server, or set REDIS_URL.",
        );
      return fail(`${which} cannot be reached (${reason}).`, redisFix(error));
    }
  },
};

const redisFix = (error: unknown): string => {
  const fault = redisFaultOf(error) ?? (error instanceof Error ? redisFaultOf(error.cause) : undefined);
  return fault === undefined || fault.kind === "unreachable"
    ? "Check host, port and TLS (rediss://) of REDIS_URL and that the server runs; unset REDIS_URL to use a private Redis."
    : fault.fix;
};
