import { signWebhook } from "../../bird/signature.ts";
import type { Timers } from "../faults/timers.ts";
import type { EventPost } from "./post.ts";

/** An event on its way to one subscription. */
interface EventDelivery {
  readonly url: string;
  /** Without a key the event is unsigned. */
  readonly signingKey: string | undefined;
  readonly body: string;
  /** How many first tries carry a signature by another key. */
  readonly wrongSignatures: number;
  /** How often to send it again after it was acknowledged. */
  readonly repeats: number;
  /** Called after the first attempt, whatever its result. */
  readonly onTried?: (() => void) | undefined;
}

export interface EventCounts {
  /** Tries, repeats included. */
  readonly sent: number;
  /** Tries answered with 2xx. */
  readonly acknowledged: number;
  /** Tries answered otherwise or not at all. */
  readonly refused: number;
  /** Deliveries not finished: waiting for a place, for an answer or for their next try. */
  readonly pending: number;
  /** Deliveries given up after their last try. */
  readonly abandoned: number;
}

/** Delivers events as Bird does: signed, at least once, in no promised order. */
export interface EventSender {
  readonly send: (delivery: EventDelivery) => void;
  readonly counts: () => EventCounts;
  /** Forgets what is not delivered yet and counts from zero. */
  readonly clear: () => void;
}

interface Delivery extends EventDelivery {
  readonly timestamp: string;
  readonly requestId: string;
  tries: number;
  failures: number;
  repeatsLeft: number;
}

/**
 * Sends with at most `inFlightMax` tries at once. Every try of a delivery has its first timestamp and request
 * id, as integrators saw of Bird; 2xx alone acknowledges; the n-th failure is followed by the n-th gap of
 * `eventRepeatMs`, the last gap's failure by nothing.
 *
 * @see https://docs.bird.com/api/notifications-api/retries
 */
export const createEventSender = (deps: {
  readonly post: EventPost["post"];
  readonly timers: Timers;
  readonly eventRepeatMs: readonly number[];
  readonly inFlightMax: number;
  readonly now: () => number;
  readonly newId: () => string;
  readonly log: (message: string) => void;
}): EventSender => {
  const { timers, eventRepeatMs, inFlightMax, now, newId, log } = deps;
  let queue: Delivery[] = [];
  let head = 0;
  let inFlight = 0;
  let counts = zero();

  const enqueue = (delivery: Delivery): void => {
    queue.push(delivery);
    pump();
  };

  const pump = (): void => {
    while (inFlight < inFlightMax) {
      const delivery = queue[head];
      if (delivery === undefined) break;
      head += 1;
      attempt(delivery);
    }
    if (head < 1024 && head < queue.length) return;
    queue = queue.slice(head);
    head = 0;
  };

  const attempt = (delivery: Delivery): void => {
    const counted = counts;
    inFlight += 1;
    counted.sent += 1;
    delivery.tries += 1;
    deps.post({ url: delivery.url, body: delivery.body, headers: headersOf(delivery) }, (outcome) => {
      inFlight -= 1;
      if (delivery.tries === 1) delivery.onTried?.();
      // Counts are replaced by a clear, which also forgets this delivery.
      if (counted === counts) settle(delivery, outcome);
      pump();
    });
  };

  const settle = (delivery: Delivery, outcome: number | Error): void => {
    const isAcknowledged = typeof outcome === "number" && outcome >= 200 && outcome < 300;
    counts[isAcknowledged ? "acknowledged" : "refused"] += 1;
    if (isAcknowledged) repeat(delivery);
    else tryLater(delivery, outcome);
  };

  const repeat = (delivery: Delivery): void => {
    if (delivery.repeatsLeft === 0) {
      counts.pending -= 1;
      return;
    }
    delivery.repeatsLeft -= 1;
    enqueue(delivery);
  };

  const tryLater = (delivery: Delivery, outcome: number | Error): void => {
    const gapMs = eventRepeatMs[delivery.failures];
    delivery.failures += 1;
    const what = `event ${delivery.requestId} to ${delivery.url} was not acknowledged`;
    const why = typeof outcome === "number" ? `status ${outcome}` : outcome.message;
    if (gapMs === undefined) {
      counts.pending -= 1;
      counts.abandoned += 1;
      log(`${what} (${why}); no more tries`);
      return;
    }
    log(`${what} (${why}); next try in ${gapMs} ms`);
    timers.after(gapMs, () => enqueue(delivery));
  };

  return {
    send: (delivery) => {
      counts.pending += 1;
      const timestamp = String(Math.floor(now() / 1000));
      const { repeats: repeatsLeft } = delivery;
      enqueue({ ...delivery, timestamp, requestId: newId(), tries: 0, failures: 0, repeatsLeft });
    },
    counts: () => ({ ...counts }),
    clear: () => {
      queue = [];
      head = 0;
      counts = zero();
    },
  };
};

const zero = () => ({ sent: 0, acknowledged: 0, refused: 0, pending: 0, abandoned: 0 });

const headersOf = (delivery: Delivery): Record<string, string> => {
  const { url, body, timestamp, requestId, signingKey, tries, wrongSignatures } = delivery;
  const headers = {
    "content-type": "application/json",
    "user-agent": "bird-sandbox",
    "messagebird-request-timestamp": timestamp,
    "messagebird-request-id": requestId,
  };
  if (signingKey === undefined) return headers;
  const key = tries <= wrongSignatures ? `not ${signingKey}` : signingKey;
  return {
    ...headers,
    "messagebird-signature": signWebhook({ timestamp, url, body: Buffer.from(body) }, key),
  };
};
