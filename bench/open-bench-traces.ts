import type { Traces } from "../src/traces/traces.ts";

/** Where a benchmark sends its spans, and which share of its traces. */
export interface Tracing {
  readonly url: string;
  readonly ratio: number;
}

/** Starts traces when they are to be measured; loads nothing otherwise, as in life. */
export const openBenchTraces = async (
  tracing: Tracing | null,
  serviceName: string,
): Promise<Traces | undefined> => {
  if (tracing === null) return undefined;
  const { startTraces } = await import("../src/traces/traces.ts");
  const settings = { ...tracing, headers: {}, serviceName };
  return startTraces({
    settings,
    log: { warn: (facts) => void process.stderr.write(JSON.stringify(facts)) },
  });
};
