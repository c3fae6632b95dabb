import type { FastifyInstance, FastifyRequest } from "fastify";
import type { SignatureFault } from "./signature.ts";
import type { EventResult, StoredEvent } from "./store-event.ts";

/** Why a webhook was not taken. */
export type Refusal =
  | SignatureFault
  | "too_large"
  | "unsupported_media_type"
  | "invalid_request"
  | "not_found"
  | "method_not_allowed"
  | "address_too_long"
  | "internal"
  | "too_few_shards"
  | "unavailable";

/** What the webhook service tells of itself. Called for every webhook, so each must take microseconds. */
export interface WebhookMetrics {
  readonly answered: (status: number, elapsedMs: number) => void;
  readonly refused: (reason: Refusal) => void;
  readonly eventStored: (result: EventResult) => void;
}

/** For whoever does not measure. */
export const noWebhookMetrics: WebhookMetrics = {
  answered: () => undefined,
  refused: () => undefined,
  eventStored: () => undefined,
};

/** Tells of every answer to a webhook, once it is out. */
export const measureAnswers = (
  server: FastifyInstance,
  { answered }: Pick<WebhookMetrics, "answered">,
): void => {
  server.addHook("onResponse", async (request, reply) => {
    if (request.routeOptions.url?.startsWith("/webhooks/") === true)
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

/** Where the webhook service tells what becomes part of traces. */
export interface WebhookTraces {
  /** Never rejects. */
  readonly onEvent: (event: AnsweredEvent) => Promise<void>;
}

/**
 * Tells of every event that was stored once its answer is out, so that tracing delays none. What was refused is only
 * counted: whoever cannot sign must not be able to make spans.
 */
export const traceEvents = (
  server: FastifyInstance,
  { onEvent }: WebhookTraces,
): { readonly stored: (request: FastifyRequest, event: StoredEvent) => void } => {
  const events = new WeakMap<FastifyRequest, StoredEvent>();
  server.addHook("onResponse", async (request, { statusCode, elapsedTime }) => {
    const event = events.get(request);
    if (event === undefined) return;
    const { wake: installId, ...facts } = event;
    const { url: route = "" } = request.routeOptions;
    await onEvent({ ...facts, installId, route, status: statusCode, elapsedMs: elapsedTime });
  });
  return { stored: (request, event) => void events.set(request, event) };
};
