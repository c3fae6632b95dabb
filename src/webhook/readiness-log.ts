import type { Logger } from "../log.ts";
import { ShardsError } from "../queue/keyspace/shards.ts";
import { RedisUnavailableError, redisFaultOf } from "../redis/errors.ts";

/** Logs whether the webhook service is ready when that has changed, however often `/readyz` is asked. */
export const createReadinessLog = (log: Pick<Logger, "info">) => {
  let reason: string | undefined;
  return {
    ready: (): void => {
      if (reason !== undefined) log.info({ reason }, "ready again");
      reason = undefined;
    },
    /** @throws the error. */
    notReady: (error: unknown): never => {
      const next = reasonOf(error);
      if (next !== reason) log.info({ reason: next }, "not ready");
      reason = next;
      throw error;
    },
  };
};

const reasonOf = (error: unknown): string => {
  if (error instanceof ShardsError) return error.code;
  const fault = error instanceof RedisUnavailableError ? error.fault : redisFaultOf(error);
  return fault?.kind ?? "unknown";
};
