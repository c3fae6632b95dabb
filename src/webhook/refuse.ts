import type { FastifyReply, FastifyRequest } from "fastify";
import { type BoundedLog, createBoundedLog } from "../http/bounded-log.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import { refusalDetails, type WebhookRefusal } from "../install/webhook-refusals.ts";
import type { Logger } from "../log.ts";
import type { RedisFault } from "../redis/errors.ts";
import type { WebhookMetrics } from "./observer.ts";

/** All refusals except those by Redis, which carry a fault. */
export type PlainRefusal = Exclude<WebhookRefusal, "unavailable">;

/** The status of each refusal's problem. Its detail never quotes the request. */
const problems: Readonly<Record<PlainRefusal, Omit<Problem, "code" | "detail">>> = {
  no_key: { status: 401 },
  no_signature: { status: 401 },
  bad_signature: { status: 401 },
  too_old: { status: 401 },
  invalid_request: { status: 400 },
  not_found: { status: 404 },
  method_not_allowed: { status: 405 },
  address_too_long: { status: 414 },
  too_large: { status: 413 },
  unsupported_media_type: { status: 415 },
  too_few_shards: { status: 503, retryAfterSeconds: 10 },
  internal: { status: 500 },
};

/** How much of an address is logged; its query never is. */
const pathCharactersMax = 200;

interface Refuse {
  /** Answers with a problem, counts it, and logs it within bounds. */
  (request: FastifyRequest, reply: FastifyReply, code: PlainRefusal): FastifyReply;
  /** The same for what Redis does not take; that is logged as a whole, not by request. */
  readonly unavailable: (request: FastifyRequest, reply: FastifyReply, fault: RedisFault) => FastifyReply;
  /** Counts and logs a request that was answered before there was one. */
  readonly unread: (code: WebhookRefusal) => void;
  readonly log: BoundedLog;
}

/** Handles all refusals. Anyone who reaches the port can cause any number of them, so logging is bounded. */
export const createRefuse = ({
  log,
  metrics,
  isUncounted,
}: {
  readonly log: Logger;
  readonly metrics: Pick<WebhookMetrics, "refused">;
  /** Whether a request is a probe of `perch doctor`, which is neither counted nor logged. */
  readonly isUncounted: (request: FastifyRequest) => boolean;
}): Refuse => {
  const bounded = createBoundedLog({ log });
  const logRefusal = (code: WebhookRefusal, fields: Readonly<Record<string, string | undefined>>): void =>
    bounded.write(code, () => {
      if (code === "too_few_shards") log.error(fields, "too few shards: Bird will send the event again");
      else log.warn({ code, ...fields }, "webhook refused");
    });
  /** Counts and logs a refusal, but none of the doctor's probes. */
  const report = (request: FastifyRequest, code: WebhookRefusal): void => {
    const isOfReadiness = request.method !== "POST" && (code === "too_few_shards" || code === "unavailable");
    // A readiness probe is not an event, and has a line of its own.
    if (isOfReadiness || isUncounted(request)) return;
    metrics.refused(code);
    // Each of which has a line of its own.
    if (code !== "internal" && code !== "unavailable")
      logRefusal(code, { requestId: request.id, path: pathOf(request.url) });
  };
  const refuse = (request: FastifyRequest, reply: FastifyReply, code: PlainRefusal): FastifyReply => {
    report(request, code);
    return sendProblem(reply, { code, detail: refusalDetails[code], ...problems[code] });
  };
  const unavailable: Refuse["unavailable"] = (request, reply, { kind, detail, retryAfterSeconds }) => {
    report(request, "unavailable");
    return sendProblem(reply, {
      status: 503,
      code: "unavailable",
      detail: `${detail}. Send the event again.`,
      reason: kind,
      retryAfterSeconds,
    });
  };
  const unread = (code: WebhookRefusal): void => {
    metrics.refused(code);
    logRefusal(code, {});
  };
  return Object.assign(refuse, { unavailable, unread, log: bounded });
};

const pathOf = (url: string): string => (url.split("?", 1)[0] ?? "").slice(0, pathCharactersMax);
