import type { FastifyReply, FastifyRequest } from "fastify";
import { type BoundedLog, createBoundedLog } from "../http/bounded-log.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import { InputError } from "../install/errors/input-error.ts";
import type { Logger } from "../log.ts";
import { IdempotencyKeyInUseError } from "../queue/installs/idempotency.ts";
import { ShardsError } from "../queue/keyspace/shards.ts";
import { type RedisFault, redisFaultBehind } from "../redis/errors.ts";
import type { ConnectRefusal } from "./protocol.ts";

/** A request that is refused for a known reason. */
export class RefusedError extends Error {
  readonly code: ConnectRefusal;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ConnectRefusal, retryAfterSeconds?: number) {
    super(code);
    this.name = "RefusedError";
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Every refusal's problem. Its detail quotes nothing of the request. */
const problems: Readonly<Record<ConnectRefusal, Omit<Problem<string>, "code">>> = {
  not_found: { status: 404, detail: "There is no such link, or its address is not complete." },
  cross_site: { status: 403, detail: "Pages of this origin may not use connect links." },
  too_many_requests: { status: 429, detail: "Too many requests: wait a moment." },
  invalid_json: { status: 400, detail: "The body is not JSON." },
  invalid_request: { status: 422, detail: "The body breaks its schema." },
  too_large: { status: 413, detail: "The body is too large." },
  unsupported_media_type: { status: 415, detail: "Send application/json." },
  method_not_allowed: { status: 405, detail: "The address has other methods." },
  in_progress: { status: 409, detail: "This signup is being finished already.", retryAfterSeconds: 1 },
  too_few_shards: {
    status: 503,
    detail: "The service has to be started again with more SHARDS.",
    retryAfterSeconds: 10,
  },
  unavailable: { status: 503, detail: "The service cannot answer at the moment.", retryAfterSeconds: 5 },
  internal: { status: 500, detail: "The service failed in a way it does not know." },
};

/** What fastify itself refuses, by status; any other below 500 cannot be read. */
const statusCodes = new Map<number, ConnectRefusal>([
  [413, "too_large"],
  [415, "unsupported_media_type"],
]);

/**
 * Answers whatever a handler or fastify throws, counts it, and logs it within bounds: strangers can cause any number.
 *
 * @param deps.redisRefused Called for each request that failed because of Redis, which has a log line of its own.
 */
export const createRefuse = (deps: {
  readonly log: Logger;
  readonly refused: (code: ConnectRefusal) => void;
  readonly redisRefused: (fault: RedisFault) => void;
}): ((error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply) & {
  readonly log: BoundedLog;
} => {
  const bounded = createBoundedLog({ log: deps.log });
  const refuse = (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const { code, fault } = refusalOf(error);
    if (fault !== undefined) deps.redisRefused(fault);
    deps.refused(code);
    const fields = { requestId: request.id, route: request.routeOptions.url, code };
    if (code === "internal") deps.log.error({ ...fields, err: error }, "a connect request failed");
    else if (fault === undefined) bounded.write(code, () => deps.log.warn(fields, "connect request refused"));
    const asked = error instanceof RefusedError ? error.retryAfterSeconds : undefined;
    const problem = { ...problems[code], code };
    return sendProblem(reply, asked === undefined ? problem : { ...problem, retryAfterSeconds: asked });
  };
  return Object.assign(refuse, { log: bounded });
};

/** How an error is answered, and the fault of Redis behind it. */
export const refusalOf = (
  error: unknown,
): { readonly code: ConnectRefusal; readonly status: number; readonly fault: RedisFault | undefined } => {
  const fault = redisFaultBehind(error);
  const code = fault === undefined ? codeOf(error) : "unavailable";
  return { code, status: problems[code].status, fault };
};

const codeOf = (error: unknown): ConnectRefusal => {
  if (error instanceof RefusedError) return error.code;
  if (error instanceof InputError) return "invalid_request";
  if (error instanceof IdempotencyKeyInUseError) return "in_progress";
  if (error instanceof ShardsError) return "too_few_shards";
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (typeof status !== "number" || status >= 500) return "internal";
  return statusCodes.get(status) ?? "invalid_json";
};
