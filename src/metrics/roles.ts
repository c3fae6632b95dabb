import { birdStatuses, type LabelValue, webhookStatuses } from "./definitions.ts";
import type { MetricsRegistry } from "./registry.ts";

const knownBirdStatuses: ReadonlySet<string> = new Set(birdStatuses);

/** Counts and times requests to Bird. */
export const createBirdMetrics = ({ counter, histogram }: MetricsRegistry) => {
  const requests = counter("perch_bird_requests_total");
  const seconds = histogram("perch_bird_request_seconds");
  return {
    birdAnswered: (exchange: {
      readonly operation: LabelValue<"perch_bird_requests_total", "operation">;
      readonly status: number | "not_sent" | "withheld" | "unanswered";
      readonly elapsedMs: number;
    }): void => {
      const { operation } = exchange;
      requests.inc({ operation, status: statusOf(exchange.status) });
      seconds.observe({ operation }, exchange.elapsedMs / 1000);
    },
  };
};

/** Counts requests to Meta. */
export const createMetaMetrics = ({ counter }: MetricsRegistry) => {
  const requests = counter("perch_meta_requests_total");
  return {
    metaAnswered: ({
      operation,
      outcome,
    }: {
      readonly operation: LabelValue<"perch_meta_requests_total", "operation">;
      readonly outcome: LabelValue<"perch_meta_requests_total", "outcome">;
    }): void => requests.inc({ operation, outcome }),
  };
};

/** A status Bird is not known to answer counts as its class. */
const statusOf = (status: number | string): string => {
  const text = String(status);
  return knownBirdStatuses.has(text) ? text : `${text.slice(0, 1)}xx`;
};

/** What the notifier counts. */
export const createNotifierMetrics = ({ counter }: MetricsRegistry) => {
  const notifications = counter("perch_notifications_total");
  return {
    onDelivery: (result: LabelValue<"perch_notifications_total", "result">): void =>
      notifications.inc({ result }),
  };
};

/** What the connect service counts. */
export const createConnectMetrics = ({ counter }: MetricsRegistry) => {
  const requests = counter("perch_connect_requests_total");
  const refusals = counter("perch_connect_refused_total");
  return {
    moved: (request: LabelValue<"perch_connect_requests_total", "request">): void =>
      requests.inc({ request }),
    refused: (reason: LabelValue<"perch_connect_refused_total", "reason">): void => refusals.inc({ reason }),
  };
};

const knownWebhookStatuses: ReadonlySet<string> = new Set(webhookStatuses);

/** What the webhook service counts and times. */
export const createWebhookMetrics = ({ counter, histogram }: MetricsRegistry) => {
  const answers = counter("perch_webhook_answers_total");
  const seconds = histogram("perch_webhook_seconds");
  const refusals = counter("perch_webhook_refused_total");
  const events = counter("perch_events_total");
  return {
    answered: (status: number, elapsedMs: number): void => {
      const text = String(status);
      answers.inc({ status: knownWebhookStatuses.has(text) ? text : "other" });
      seconds.observe(elapsedMs / 1000);
    },
    refused: (reason: LabelValue<"perch_webhook_refused_total", "reason">): void => refusals.inc({ reason }),
    eventStored: (result: LabelValue<"perch_events_total", "result">): void => events.inc({ result }),
  };
};
