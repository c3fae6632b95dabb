import { type LabelValue, webhookStatuses } from "./definitions.ts";
import type { MetricsRegistry } from "./registry.ts";

const known: ReadonlySet<string> = new Set(webhookStatuses);

/** What the webhook service counts and times. */
export const createWebhookMetrics = ({ counter, histogram }: MetricsRegistry) => {
  const answers = counter("perch_webhook_answers_total");
  const seconds = histogram("perch_webhook_seconds");
  const refusals = counter("perch_webhook_refused_total");
  const events = counter("perch_events_total");
  return {
    answered: (status: number, elapsedMs: number): void => {
      const text = String(status);
      answers.inc({ status: known.has(text) ? text : "other" });
      seconds.observe(elapsedMs / 1000);
    },
    refused: (reason: LabelValue<"perch_webhook_refused_total", "reason">): void => refusals.inc({ reason }),
    eventStored: (result: LabelValue<"perch_events_total", "result">): void => events.inc({ result }),
  };
};
