import { collectDefaultMetrics } from "prom-client";
import type { FleetState } from "../queue/maintenance/fleet-state.ts";
import type { WriteProbe } from "../queue/redis-state/write-probe.ts";
import { oneAtATime, within } from "../redis/bounded.ts";
import { createFleetMetrics } from "./fleet-metrics.ts";
import { type WatchedRedis, watchRedis } from "./redis-metrics.ts";
import { createRegistry } from "./registry.ts";
import {
  createBirdMetrics,
  createConnectMetrics,
  createMetaMetrics,
  createNotifierMetrics,
  createWebhookMetrics,
} from "./roles.ts";
import { createWorkerMetrics } from "./worker-metrics.ts";

/** How long a scrape waits for Redis. */
const limitMs = 1000;
/** How long what was read from Redis is shown again. */
const youngMs = 2000;

/** Metrics of one process. What its roles count is in them once it was asked for, and then once. */
export interface Metrics {
  /** Of all roles that ask Meta. */
  forMeta(): ReturnType<typeof createMetaMetrics>;
  forWorker(): {
    readonly observer: ReturnType<typeof createWorkerMetrics>["observer"];
    /** From now on the metrics show whether it takes installs; of several, whether one does. */
    readonly watch: (worker: { isRunning(): boolean }) => void;
  };
  forWebhook(): ReturnType<typeof createWebhookMetrics>;
  forConnect(): ReturnType<typeof createConnectMetrics>;
  forNotifier(): ReturnType<typeof createNotifierMetrics>;
  forApi(): ReturnType<typeof createBirdMetrics> & Pick<Metrics, "expose">;
  /** All metrics in Prometheus' text format. Takes about a second at most, whatever Redis does. */
  expose(): Promise<{ readonly contentType: string; readonly text: string }>;
  close(): void;
}

/**
 * Opens the metrics of a process, in a registry of their own.
 *
 * @param deps.client The connection the process works with.
 * @param deps.readFleet Left out where the fleet is not to be shown.
 * @param deps.hasProcess Whether CPU, memory and event loop are in it too; default true.
 */
export const createMetrics = (deps: {
  readonly version: string;
  readonly client: WatchedRedis;
  /** Left out where nothing is to be written. */
  readonly probe?: WriteProbe;
  readonly readFleet?: () => Promise<FleetState>;
  readonly hasProcess?: boolean;
  readonly now?: () => number;
}): Metrics => {
  const now = deps.now ?? Date.now;
  const registry = createRegistry();
  registry.gauge("perch_build_info").set({ version: deps.version, node: process.versions.node }, 1);
  if (deps.hasProcess !== false) collectDefaultMetrics({ register: registry.registry });
  const redis = watchRedis(registry, { client: deps.client, probe: deps.probe, limitMs });
  const bird = once(() => createBirdMetrics(registry));
  const collects: (() => void | Promise<void>)[] = [redis.collect];

  const { readFleet } = deps;
  if (readFleet !== undefined) {
    const show = createFleetMetrics(registry);
    const read = oneAtATime(readFleet, { youngMs, now: () => performance.now() });
    collects.push(async () => show(await within(limitMs, read())));
  }

  const expose: Metrics["expose"] = async () => {
    await Promise.all(collects.map((collect) => collect()));
    return { contentType: registry.registry.contentType, text: await registry.registry.metrics() };
  };
  return {
    forMeta: once(() => createMetaMetrics(registry)),
    forWorker: once(() => {
      const { observer, collect } = createWorkerMetrics(registry, bird(), now);
      const workers: { isRunning(): boolean }[] = [];
      collects.push(() => collect(workers.some((worker) => worker.isRunning())));
      return { observer, watch: (worker) => void workers.push(worker) };
    }),
    forWebhook: once(() => createWebhookMetrics(registry)),
    forConnect: once(() => createConnectMetrics(registry)),
    forNotifier: once(() => createNotifierMetrics(registry)),
    forApi: () => ({ ...bird(), expose }),
    expose,
    close: redis.close,
  };
};

const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};
