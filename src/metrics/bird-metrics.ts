import { birdStatuses, type LabelValue } from "./definitions.ts";
import type { MetricsRegistry } from "./registry.ts";

const known: ReadonlySet<string> = new Set(birdStatuses);

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

/** A status Bird is not known to answer counts as its class. */
const statusOf = (status: number | string): string => {
  const text = String(status);
  return known.has(text) ? text : `${text.slice(0, 1)}xx`;
};
