import type { FastifyReply, FastifyRequest } from "fastify";
import { type BoundedLog, createBoundedLog } from "../http/bounded-log.ts";
import { type Problem, sendProblem } from "../http/problem.ts";
import type { Logger } from "../log.ts";
import type { Refusal, WebhookMetrics } from "./webhook-metrics.ts";

/** What a caller is told of each refusal. Nothing of the request is quoted. */
const problems: Readonly<Record<Refusal, Omit<Problem, "code">>> = {
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
  unavailable: {
    status: 503,
    // Bird comes again then.
    retryAfterSeconds: 10,
    detail: "The event cannot be stored just now; send it again.",
  },
};

/** How much of an address is logged; its query never is. */
const pathCharactersMax = 200;

export interface Refuse {
  /** Answers with a problem, counts it, and logs it within bounds. @param reason Why, where the code does not say it. */
  (request: FastifyRequest, reply: FastifyReply, code: Refusal, reason?: string): FastifyReply;
  /** Counts and logs a request that was answered before there was one. */
  readonly unread: (code: Refusal) => void;
  readonly log: BoundedLog;
}

/** One way to refuse for all that is refused: whoever reaches the port can cause it as often as they like. */
export const createRefuse = ({
  log,
  metrics,
}: {
  readonly log: Logger;
  readonly metrics: Pick<WebhookMetrics, "refused">;
}): Refuse => {
  const bounded = createBoundedLog({ log });
  const tell = (code: Refusal, fields: Readonly<Record<string, string | undefined>>): void =>
    bounded.write(code, () => {
      if (code === "unavailable") log.error(fields, "Redis cannot take an event: Bird will send it again");
      else log.warn({ code, ...fields }, "webhook refused");
    });
  const refuse = (
    request: FastifyRequest,
    reply: FastifyReply,
    code: Refusal,
    reason?: string,
  ): FastifyReply => {
    // A probe that is told so is no event.
    if (code !== "unavailable" || request.method === "POST") metrics.refused(code);
    tell(code, { requestId: request.id, path: pathOf(request.url), reason });
    return sendProblem(reply, { code, ...problems[code] });
  };
  const unread = (code: Refusal): void => {
    metrics.refused(code);
    tell(code, {});
  };
  return Object.assign(refuse, { unread, log: bounded });
};

const pathOf = (url: string): string => (url.split("?", 1)[0] ?? "").slice(0, pathCharactersMax);
