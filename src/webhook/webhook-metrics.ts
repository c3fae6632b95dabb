import type { FastifyInstance } from "fastify";
import type { SignatureFault } from "./check-signature.ts";
import type { EventResult } from "./store-event.ts";

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
