import type { Gauge } from "prom-client";
import type { FleetState } from "../queue/maintenance/fleet-state.ts";
import type { MetricsRegistry } from "./registry.ts";

/** Sets the gauges of the fleet; undefined takes them away, because an old number would look like a new one. */
export const createFleetMetrics = ({ gauge }: MetricsRegistry) => {
  const installs = gauge("perch_installs");
  const runs = gauge("perch_runs");
  const oldest = gauge("perch_oldest_seconds");
  const events = gauge("perch_stored_events");
  const dropped = gauge("perch_events_dropped");
  const holds = gauge("perch_holds");
  const notifications = gauge("perch_notifications");
  const batches = gauge("perch_batches");
  const outbox = gauge("perch_outcomes_untold");
  const rechecking = gauge("perch_redis_doubted");
  const clear = (): void => {
    for (const each of [installs, runs, oldest, events, dropped, holds, notifications, batches]) each.reset();
    outbox.remove({});
    rechecking.remove({});
  };
  const set = (state: FleetState): void => {
    setEach(installs, "status", state.installs);
    setEach(runs, "state", state.runs);
    setEach(oldest, "state", inSeconds(state.oldestMs));
    setEach(events, "state", state.events);
    setEach(dropped, "list", state.droppedEvents);
    setEach(holds, "reason", state.holds);
    setEach(notifications, "status", state.notifications);
    setEach(batches, "status", state.batches);
    outbox.set(state.unnotified);
    rechecking.set(state.rechecking);
  };
  clear();
  return (state: FleetState | undefined): void => (state === undefined ? clear() : set(state));
};

const setEach = (gauge: Gauge, label: string, values: Readonly<Record<string, number>>): void => {
  for (const [value, count] of Object.entries(values)) gauge.set({ [label]: value }, count);
};

const inSeconds = (ages: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(ages).map(([name, ms]) => [name, ms / 1000]));
