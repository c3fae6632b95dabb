import type { FastifyReply, FastifyRequest } from "fastify";
import { type BoundedLog, createBoundedLog } from "../http/bounded-log.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import type { Logger } from "../log.ts";
import type { RedisFault } from "../redis/errors.ts";
import type { Refusal, WebhookMetrics } from "./observer.ts";

/** All refusals except those by Redis, which carry a fault. */
export type PlainRefusal = Exclude<Refusal, "unavailable">;

/** The problem answered for each refusal. Never quotes the request. */
const problems: Readonly<Record<PlainRefusal, Omit<Problem, "code">>> = {
  no_key: {
    status: 401,
    detail: "Set WEBHOOK_SIGNING_SECRET or WEBHOOK_SIGNING_KEYS, so that events can be checked.",
  },
  no_signature: {
    status: 401,
    detail: "The messagebird-signature or messagebird-request-timestamp header is missing or malformed.",
  },
  bad_signature: {
    status: 401,
    detail: "Compare the signing key and WEBHOOK_PUBLIC_URL with the subscription, to the letter.",
  },
  too_old: {
    status: 401,
    detail: "The timestamp is outside WEBHOOK_MAX_AGE_MS: check this machine's clock.",
  },
  invalid_request: { status: 400, detail: "The request cannot be read: check its form." },
  not_found: { status: 404, detail: "Events go to /webhooks/bird or /webhooks/bird/{workspaceId}." },
  method_not_allowed: { status: 405, detail: "Events are sent with POST." },
  address_too_long: { status: 414, detail: "A workspace id has at most 64 characters." },
  too_large: { status: 413, detail: "A webhook's body is at most 256 KiB." },
  unsupported_media_type: { status: 415, detail: "Send application/json." },
  too_few_shards: {
    status: 503,
    retryAfterSeconds: 10,
    detail: "This process has to be started again with more SHARDS, see perch shards; send the event again.",
  },
  internal: {
    status: 500,
    detail: "Perch failed in a way it does not know: the log has this request's id.",
  },
};

/** How much of an address is logged; its query never is. */
const pathCharactersMax = 200;

interface Refuse {
  /** Answers with a problem, counts it, and logs it within bounds. */
  (request: FastifyRequest, reply: FastifyReply, code: PlainRefusal): FastifyReply;
  /** The same for what Redis does not take; that is logged as a whole, not by request. */
  readonly unavailable: (request: FastifyRequest, reply: FastifyReply, fault: RedisFault) => FastifyReply;
  /** Counts and logs a request that was answered before there was one. */
  readonly unread: (code: Refusal) => void;
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
  const logRefusal = (code: Refusal, fields: Readonly<Record<string, string | undefined>>): void =>
    bounded.write(code, () => {
      if (code === "too_few_shards") log.error(fields, "too few shards: Bird will send the event again");
      else log.warn({ code, ...fields }, "webhook refused");
    });
  const refuse = (request: FastifyRequest, reply: FastifyReply, code: PlainRefusal): FastifyReply => {
    // A readiness probe is not an event, and has a line of its own.
    const isReadiness = code === "too_few_shards" && request.method !== "POST";
    const isCounted = !isReadiness && !isUncounted(request);
    if (isCounted) metrics.refused(code);
    // Which has a line of its own.
    if (isCounted && code !== "internal")
      logRefusal(code, { requestId: request.id, path: pathOf(request.url) });
    return sendProblem(reply, { code, ...problems[code] });
  };
  const unavailable: Refuse["unavailable"] = (request, reply, { kind, detail, retryAfterSeconds }) => {
    // A readiness probe is not an event.
    if (request.method === "POST" && !isUncounted(request)) metrics.refused("unavailable");
    return sendProblem(reply, {
      status: 503,
      code: "unavailable",
      detail: `${detail}. Send the event again.`,
      reason: kind,
      retryAfterSeconds,
    });
  };
  const unread = (code: Refusal): void => {
    metrics.refused(code);
    logRefusal(code, {});
  };
  return Object.assign(refuse, { unavailable, unread, log: bounded });
};

const pathOf = (url: string): string => (url.split("?", 1)[0] ?? "").slice(0, pathCharactersMax);
