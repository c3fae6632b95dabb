import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { counters, gauges, histograms } from "./definitions.ts";

/** Makes metrics by their names, each once. */
export interface MetricsRegistry {
  counter(name: keyof typeof counters): Counter;
  gauge(name: keyof typeof gauges): Gauge;
  histogram(name: keyof typeof histograms): Histogram;
  /** prom-client's own. */
  readonly registry: Registry;
}

/** Creates a separate registry, so that nothing is shared across a process. */
export const createRegistry = (): MetricsRegistry => {
  const registry = new Registry();
  const options = <Name extends string>(name: Name, { help, labels }: { help: string; labels: object }) => ({
    name,
    help,
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  return {
    counter: (name) => {
      const definition = counters[name];
      const counter = new Counter(options(name, definition));
      for (const labels of eachOf(definition.labels)) counter.inc(labels, 0);
      return counter;
    },
    gauge: (name) => new Gauge(options(name, gauges[name])),
    histogram: (name) => {
      const { buckets } = histograms[name];
      const histogram = new Histogram({ ...options(name, histograms[name]), buckets: [...buckets] });
      for (const labels of eachOf(histograms[name].labels)) histogram.zero(labels);
      return histogram;
    },
    registry,
  };
};

/**
 * The label sets a metric of one label starts with, so that what has not happened yet reads 0 and not nothing. One of
 * two labels would start with many that never happen.
 */
const eachOf = (labels: Readonly<Record<string, readonly string[]>>): Record<string, string>[] => {
  const [only, ...others] = Object.entries(labels);
  if (only === undefined || others.length > 0) return [];
  return only[1].map((value) => ({ [only[0]]: value }));
};
