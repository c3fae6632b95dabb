import type { LabelValue } from "./definitions.ts";
import type { MetricsRegistry } from "./registry.ts";

/** What the notifier counts. */
export const createNotifierMetrics = ({ counter }: MetricsRegistry) => {
  const notifications = counter("perch_notifications_total");
  return {
    onDelivery: (result: LabelValue<"perch_notifications_total", "result">): void =>
      notifications.inc({ result }),
  };
};
