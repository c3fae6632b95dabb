import { ulid } from "ulid";
import { z } from "zod";
import type { NotifierSettings } from "./notifier.ts";
import { forbidden, refused, unanswered, unsigned } from "./reasons.ts";
import { createSendWebhook, type WebhookAnswer } from "./send-webhook.ts";
import { createSign } from "./sign.ts";

/** The type of a test event. It is about nothing, so it is none of the types of notifications. */
export const testEventType = "perch.test";

export const testEventSchema = z.object({
  id: z.string().meta({ description: "The `webhook-id` it was sent with." }),
  isDelivered: z.boolean().meta({ description: "Whether the receiver accepted it, with a 2xx." }),
  status: z.int().optional().meta({ description: "HTTP status; absent when the receiver did not answer." }),
  durationMs: z.int(),
  error: z.string().optional().meta({ description: "Why it was not delivered: a sentence." }),
});

/**
 * Sends a test event to a URL once, by the rules of every delivery: the same signature, the same refused addresses, no
 * redirects, the same time-out. Nothing is stored, and an answer of 410 stops nothing.
 */
export type SendTestEvent = (url: string, signal: AbortSignal) => Promise<z.output<typeof testEventSchema>>;

export const createSendTestEvent = (deps: {
  readonly settings: Pick<NotifierSettings, "secrets" | "allowPrivate" | "timeoutMs">;
  /** For the user agent. */
  readonly version: string;
  readonly now?: () => number;
  readonly lookup?: Parameters<typeof createSendWebhook>[0]["lookup"];
}): SendTestEvent => {
  const { settings, version, lookup, now = Date.now } = deps;
  const { secrets, allowPrivate, timeoutMs } = settings;
  const sign = secrets.length === 0 ? undefined : createSign(secrets);
  const send = createSendWebhook({ allowPrivate, timeoutMs, userAgent: `perch/${version}`, lookup });
  return async (url, signal) => {
    const id = `msg_test_${ulid()}`;
    if (sign === undefined) return { id, isDelivered: false, durationMs: 0, error: unsigned };
    const startMs = performance.now();
    const body = JSON.stringify({
      type: testEventType,
      timestamp: new Date(now()).toISOString(),
      data: { message: "A test from Perch: nothing has happened." },
    });
    const headers = { ...sign({ id, body, nowMs: now() }) };
    const answer = await send({ url, body, headers, signal });
    signal.throwIfAborted();
    return { id, ...resultOf(answer, timeoutMs), durationMs: Math.round(performance.now() - startMs) };
  };
};

const resultOf = (answer: WebhookAnswer, timeoutMs: number) => {
  switch (answer.kind) {
    case "forbidden":
      return { isDelivered: false, error: forbidden };
    case "cut_off":
      return { isDelivered: false, error: "Not sent: Perch is stopping." };
    case "unanswered":
      return { isDelivered: false, error: unanswered(answer.code, timeoutMs) };
    case "answered": {
      const { status } = answer;
      const isDelivered = status >= 200 && status < 300;
      return { isDelivered, status, ...(!isDelivered && { error: refused(status) }) };
    }
  }
};
