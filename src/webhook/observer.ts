import type { FastifyInstance, FastifyRequest } from "fastify";
import type { WebhookRefusal } from "../install/webhook-refusals.ts";
import type { EventResult, StoredEvent } from "./store-event.ts";

/** Metrics of the webhook service. Called for every webhook, so each call must take microseconds. */
export interface WebhookMetrics {
  readonly answered: (status: number, elapsedMs: number) => void;
  readonly refused: (reason: WebhookRefusal) => void;
  readonly eventStored: (result: EventResult) => void;
}

/** Metrics that record nothing. */
export const noWebhookMetrics: WebhookMetrics = {
  answered: () => undefined,
  refused: () => undefined,
  eventStored: () => undefined,
};

/** Reports every answer to a webhook once it has been sent, but those to the doctor's probes. */
export const measureAnswers = (
  server: FastifyInstance,
  {
    answered,
    isUncounted,
  }: Pick<WebhookMetrics, "answered"> & {
    readonly isUncounted: (request: FastifyRequest) => boolean;
  },
): void => {
  server.addHook("onResponse", async (request, reply) => {
    if (request.routeOptions.url?.startsWith("/webhooks/") === true && !isUncounted(request))
      answered(reply.statusCode, reply.elapsedTime);
  });
};

/** An event with a good signature that was stored and answered. */
interface AnsweredEvent {
  /** Route of the webhook. */
  readonly route: string;
  readonly status: number;
  readonly elapsedMs: number;
  readonly result: string;
  readonly connectorId?: string | undefined;
  readonly channelId?: string | undefined;
  /** The install it was matched with. */
  readonly installId?: string | undefined;
}

/** Traces of the webhook service. */
export interface WebhookTraces {
  /** Never rejects. */
  readonly onEvent: (event: AnsweredEvent) => Promise<void>;
}

/**
 * Reports every stored event once its answer has been sent, so that tracing delays no answer. Refused webhooks are only
 * counted: unsigned requests must not create spans.
 */
export const traceEvents = (
  server: FastifyInstance,
  { onEvent }: WebhookTraces,
): { readonly stored: (request: FastifyRequest, event: StoredEvent) => void } => {
  const events = new WeakMap<FastifyRequest, StoredEvent>();
  server.addHook("onResponse", async (request, { statusCode, elapsedTime }) => {
    const event = events.get(request);
    if (event === undefined) return;
    const { wake: installId, isWoken: _, ...facts } = event;
    const { url: route = "" } = request.routeOptions;
    await onEvent({ ...facts, installId, route, status: statusCode, elapsedMs: elapsedTime });
  });
  return { stored: (request, event) => void events.set(request, event) };
};
