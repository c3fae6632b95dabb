import { retryAfterMs } from "../http/retry-after-ms.ts";
import type { NotificationData } from "../queue/outbox/data.ts";
import type { StoppedUrls } from "../queue/outbox/stopped-urls.ts";
import type { createHostLimits } from "./host-limits.ts";
import { forbidden, gone, goneBefore, refused, unanswered, unsigned } from "./reasons.ts";
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
          return { kind: "dead", status, reason: gone };
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
      return { kind: "dead", reason: goneBefore };
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
