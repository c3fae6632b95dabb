import { retryAfterMs } from "../http/retry-after-ms.ts";
import type { NotificationData } from "../queue/outbox/data.ts";
import type { StoppedUrls } from "../queue/outbox/stopped-urls.ts";
import type { createHostLimits } from "./host-limits.ts";
import type { WebhookAnswer, WebhookRequest } from "./send-webhook.ts";
import type { SignatureHeaders } from "./sign.ts";

/** The result of one attempt to deliver. `reason` is a plain sentence. */
export type Delivery =
  | { readonly kind: "delivered"; readonly status: number }
  /** The receiver refused it for now. */
  | {
      readonly kind: "refused";
      readonly reason: string;
      readonly status?: number;
      readonly askedMs?: number | undefined;
    }
  /** A retry changes nothing until a person acts. */
  | { readonly kind: "dead"; readonly reason: string; readonly status?: number }
  /** No request was sent: try again after this time. */
  | { readonly kind: "postponed"; readonly delayMs: number };

/** Attempts to deliver a notification once, and maps the answer to a result. */
export const createDeliver = (deps: {
  /** Undefined: no secret is set. */
  readonly sign: ((message: { id: string; body: string; nowMs: number }) => SignatureHeaders) | undefined;
  readonly send: (request: WebhookRequest) => Promise<WebhookAnswer>;
  readonly enter: ReturnType<typeof createHostLimits>;
  readonly stoppedUrls: StoppedUrls;
  readonly timeoutMs: number;
  readonly now: () => number;
}) => {
  const { sign, send, enter, stoppedUrls, now } = deps;

  const settle = async (url: string, answer: WebhookAnswer): Promise<Delivery> => {
    switch (answer.kind) {
      case "forbidden":
        return { kind: "dead", reason: forbidden };
      case "cut_off":
        return { kind: "postponed", delayMs: 0 };
      case "unanswered":
        return { kind: "refused", reason: unanswered(answer.code, deps.timeoutMs) };
      case "answered": {
        const { status } = answer;
        if (status >= 200 && status < 300) return { kind: "delivered", status };
        if (status === 410) {
          await stoppedUrls.stop(url);
          return { kind: "dead", status, reason: `The receiver answered 410: it ${wantsNoMore}` };
        }
        const askedMs = retryAfterMs(answer.retryAfter, now());
        return { kind: "refused", status, askedMs, reason: refused(status) };
      }
    }
  };

  return async (
    { messageId, url, payload }: NotificationData,
    signal: AbortSignal | undefined,
  ): Promise<Delivery> => {
    if (sign === undefined) return { kind: "dead", reason: unsigned };
    if (await stoppedUrls.isStopped(url)) {
      return { kind: "dead", reason: `Not sent: the receiver answered 410 before and ${wantsNoMore}` };
    }
    const place = enter(URL.parse(url)?.host ?? "");
    if (place.kind === "full") return { kind: "postponed", delayMs: place.delayMs };
    let end: "answered" | "silent" = "silent";
    try {
      const body = JSON.stringify(payload);
      const headers = { ...sign({ id: messageId, body, nowMs: now() }) };
      const answer = await send({ url, body, headers, signal });
      if (answer.kind !== "unanswered") end = "answered";
      return await settle(url, answer);
    } finally {
      place.leave(end);
    }
  };
};

const unsigned = "Not sent, because it cannot be signed: set NOTIFY_SECRET, then send it again.";
const wantsNoMore = "wants no more notifications. Sending one again lifts that.";
const forbidden =
  "Not sent: the URL is not https, or leads to a private, loopback or link-local address. NOTIFY_ALLOW_PRIVATE allows both.";

const refused = (status: number): string =>
  status >= 300 && status < 400
    ? `The receiver answered ${status}; redirects are not followed: change the URL.`
    : `The receiver answered ${status}.`;

const unanswered = (code: string, timeoutMs: number): string =>
  code === "ETIMEDOUT"
    ? `The receiver did not answer within ${timeoutMs / 1000} s.`
    : `The receiver could not be reached, or broke the connection off (${code}).`;
