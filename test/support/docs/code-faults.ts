import { globSync } from "node:fs";
import { errorCatalogue } from "../../../src/install/errors/error-catalogue.ts";
import { counters, gauges, histograms } from "../../../src/metrics/definitions.ts";
import type { Page } from "./page.ts";
import { readText } from "./repository.ts";

const source = globSync("src/**/*.ts", { cwd: `${import.meta.dirname}/../../..` })
  .map(readText)
  .join("\n");

/** Texts of the source in small letters and underscores: codes, statuses, reasons, kinds of faults, checks. */
const literals: ReadonlySet<string> = new Set([
  ...Object.keys({ ...errorCatalogue, ...counters, ...gauges, ...histograms }),
  ...[...source.matchAll(/"([a-z]+(?:_[a-z0-9]+)+)"/g)].map(([, word = ""]) => word),
  // Codes that are keys of a table, and parameters of Meta's exchange.
  ...[...source.matchAll(/\b([a-z]+(?:_[a-z0-9]+)+):/g)].map(([, word = ""]) => word),
]);

/** Names of Redis, of Node's metrics, of OpenTelemetry and of Meta. */
const foreign: ReadonlySet<string> = new Set([
  "aof_last_write_status",
  "aof_rewrite_in_progress",
  "nodejs_eventloop_lag_p99_seconds",
  "parentbased_traceidratio",
  "public_profile",
]);

/** Codes and other words of closed lists that a page names and that the source does not have. */
export const codeFaults = ({ spans }: Pick<Page, "spans">): readonly string[] =>
  [...new Set(spans.filter((span) => /^[a-z]+(?:_[a-z0-9]+)+$/.test(span)))]
    .filter((word) => !literals.has(word) && !foreign.has(word))
    .map((word) => `no code ${word}`);
