import { counters, gauges, histograms } from "../../../src/metrics/definitions.ts";
import type { Page } from "./page.ts";

const names: ReadonlySet<string> = new Set([
  ...Object.keys({ ...counters, ...gauges }),
  ...Object.keys(histograms).flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]),
]);

/** Metrics that a page names and that there are not. */
export const metricFaults = ({ text }: Pick<Page, "text">): readonly string[] =>
  [...new Set(text.match(/(?<!\w)perch_[a-z_]*[a-z]/g) ?? [])]
    .filter((name) => !names.has(name))
    .map((name) => `no metric ${name}`);
