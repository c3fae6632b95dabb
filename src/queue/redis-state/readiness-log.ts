import { redisFaultBehind } from "../../redis/errors.ts";
import { ShardsError } from "../keyspace/shards.ts";

/** The lines the log has for it; a pino logger satisfies it. */
interface Log {
  info(fields: object, message: string): void;
}

/** A server with a `/readyz`. */
type ReadinessOf = "api" | "webhook" | "webhook_admin" | "worker" | "connect" | "connect_admin";

/**
 * Logs whether a server is ready when that has changed, however often `/readyz` is asked.
 *
 * @returns what takes each answer: the reason, or undefined when it is ready.
 */
export const createReadinessLog = (log: Log, service: ReadinessOf) => {
  let known: string | undefined;
  return (reason: string | undefined): void => {
    if (reason === known) return;
    if (reason === undefined) log.info({ service, reason: known }, "ready again");
    else log.info({ service, reason }, "not ready");
    known = reason;
  };
};

/** A check that throws while a server is not ready, with its answers logged. */
export const logReadiness = (
  ready: () => Promise<unknown>,
  { log, service }: { readonly log: Log; readonly service: ReadinessOf },
): (() => Promise<void>) => {
  const note = createReadinessLog(log, service);
  return async () => {
    try {
      await ready();
    } catch (error) {
      note(reasonOf(error));
      throw error;
    }
    note(undefined);
  };
};

const reasonOf = (error: unknown): string => {
  if (error instanceof ShardsError) return error.code;
  const fault = redisFaultBehind(error);
  return fault?.kind ?? "unknown";
};
