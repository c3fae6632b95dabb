import { writeFile } from "node:fs/promises";
import { counters, gauges, histograms } from "../src/metrics/definitions.ts";

type Definitions = Readonly<
  Record<string, { readonly help: string; readonly labels: Readonly<Record<string, readonly string[]>> }>
>;

const introduction = `# Metrics

Made from \`src/metrics/definitions.ts\` by \`npm run docs\`. Prometheus reads them at \`GET /metrics\`:

| process | where | key |
| --- | --- | --- |
| \`perch start\`, \`perch api\` | the API's port | an API key with the scope \`read\`, when \`API_KEYS\` is set |
| \`perch worker\` | \`WORKER_PORT\`, on \`ADMIN_HOST\` | none |
| \`perch webhook\` | \`WEBHOOK_ADMIN_PORT\`, on \`ADMIN_HOST\` | none |

A worker and a webhook process answer \`/healthz\` and \`/readyz\` there too. Several workers on one machine need
\`WORKER_PORT=0\` or a port each. \`perch start\` is one process and shows everything on the API.

Labels are few, with closed sets of values: no workspace, install, number or batch is one. Metrics of the whole fleet
("Fleet:") are read from Redis on each scrape, at most every two seconds in one process, and are the same on the API and on
every worker: use \`max\` for them, and \`sum\` for what each process counts. While Redis is unreachable a scrape takes a
second at most and answers \`perch_redis_up 0\`; metrics read from Redis are then omitted rather than stale. Every process
also has the usual \`process_*\` and \`nodejs_*\` metrics.

What to do about alerts is in [runbook.md](runbook.md); a dashboard, alert rules and a configuration of Prometheus are in
\`deploy/\`. Both lead to sections of the runbook: its address is the dashboard's variable \`runbook\` and
Prometheus's external label \`runbook\`.`;

const section = (title: string, definitions: Definitions): string[] => [
  "",
  `## ${title}`,
  "",
  "| metric | labels | what it says |",
  "| --- | --- | --- |",
  ...Object.entries(definitions).map(
    ([name, { help, labels }]) => `| \`${name}\` | ${labelsText(labels)} | ${help} |`,
  ),
];

const labelsText = (labels: Readonly<Record<string, readonly string[]>>): string =>
  Object.entries(labels)
    .map(([label, values]) => `\`${label}\`${values.length === 0 ? "" : `: ${values.join(", ")}`}`)
    .join("; ");

/** `docs/metrics.md`, made from the definitions so that the two cannot differ. `npm run docs` writes it. */
export const metricsPage = (): string =>
  `${[
    introduction,
    ...section("Gauges", gauges),
    ...section("Counters", counters),
    ...section("Histograms", histograms),
  ].join("\n")}\n`;

if (import.meta.main) await writeFile(new URL("./metrics.md", import.meta.url), metricsPage());
