import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { z } from "zod";
import { metricsPage } from "../../../docs/write-metrics.ts";
import { checks } from "../../../src/doctor/checks/index.ts";
import { installStatuses } from "../../../src/install/install.ts";
import { counters, gauges, histograms } from "../../../src/metrics/definitions.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";

const path = (name: string): URL => new URL(`../../../${name}`, import.meta.url);
const read = (name: string): string => readFileSync(path(name), "utf8");

const definitions: Readonly<
  Record<string, { readonly labels: Readonly<Record<string, readonly string[]>> }>
> = { ...counters, ...gauges, ...histograms };

const dashboardSchema = z.object({
  annotations: z.object({ list: z.array(z.object({ name: z.string(), expr: z.string() })) }),
  panels: z.array(
    z.object({
      type: z.string(),
      title: z.string(),
      description: z.string().default(""),
      links: z.array(z.object({ url: z.string() })).default([]),
      targets: z.array(z.object({ expr: z.string() })).default([]),
    }),
  ),
  templating: z.object({ list: z.array(z.object({ name: z.string() })) }),
});

const dashboard = dashboardSchema.parse(JSON.parse(read("deploy/grafana/perch.json")));

const queries = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ where: title, expr }))),
  ...dashboard.annotations.list.map(({ name, expr }) => ({ where: name, expr })),
];

const runbook = read("docs/runbook.md");

/** Sections of the runbook by the name of their alert. */
const sections = runbook
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ name: text.split("\n", 1)[0] ?? "", text }));

/** The rules of the file, whose every member is on a line of its own. */
const alerts = read("deploy/prometheus/alerts.yml")
  .split(/^ {6}- /m)
  .slice(1)
  .map((rule) => {
    const members = [...rule.matchAll(/^\s*(\w+): (.+)$/gm)].map(([, name = "", value = ""]) => [
      name,
      value.replace(/^(["'])(.*)\1$/, "$2"),
    ]);
    return z
      .object({
        alert: z.string(),
        expr: z.string(),
        for: z.string(),
        severity: z.enum(["critical", "warning"]),
        summary: z.string().min(10),
        description: z.string().min(10),
        runbook_url: z.string(),
      })
      .parse(Object.fromEntries(members));
  });

const expressions = [...queries, ...alerts.map(({ alert, expr }) => ({ where: alert, expr }))];

/** Labels that Prometheus adds by itself. */
const targetLabels = ["instance", "job", "le"];

const definitionOf = (name: string) =>
  definitions[name] ?? definitions[name.replace(/_(bucket|sum|count)$/, "")];

/** What is wrong with a label matcher of a metric. */
const matcherFaults = (name: string, matcher: string): string[] => {
  const [, label = "", operator = "", value = ""] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(matcher) ?? [];
  const known = definitionOf(name)?.labels[label];
  if (known === undefined) return targetLabels.includes(label) ? [] : [`${name} has no label ${label}`];
  const values = operator.endsWith("~") ? value.split("|") : [value];
  return values.filter((each) => !known.includes(each)).map((each) => `${name}: no ${label} is ${each}`);
};

const faultsOf = (expr: string): string[] => {
  const used = [...expr.matchAll(/\b(perch_\w+)(?:\{([^}]*)\})?/g)];
  const matchers = used.flatMap(([, name = "", text = ""]) =>
    (text.match(/\w+(?:=~|!~|!=|=)"[^"]*"/g) ?? []).flatMap((matcher) => matcherFaults(name, matcher)),
  );
  const labels = used.flatMap(([, name = ""]) => Object.keys(definitionOf(name)?.labels ?? {}));
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
  return [
    ...used.flatMap(([, name = ""]) => (definitionOf(name) === undefined ? [`no metric ${name}`] : [])),
    ...matchers,
    ...grouped
      .filter((label) => !labels.includes(label) && !targetLabels.includes(label))
      .map((label) => `nothing has a label ${label}`),
  ];
};

test("docs/metrics.md is what the definitions say (npm run docs writes it)", () => {
  assert.equal(read("docs/metrics.md"), metricsPage());
});

test("dashboard and alerts ask for metrics, labels and values that there are", () => {
  assert.ok(queries.length > 20 && alerts.length > 12);
  for (const { where, expr } of expressions) assert.deepEqual(faultsOf(expr), [], `${where}: ${expr}`);
  assert.deepEqual(faultsOf('sum by (id) (perch_installs{status="lost", row="1"}) + perch_nothing'), [
    "no metric perch_nothing",
    "perch_installs: no status is lost",
    "perch_installs has no label row",
    "nothing has a label id",
  ]);
});

test("metrics of the process that the dashboard asks for are there", async () => {
  const client = { ping: async () => "PONG", on: () => undefined, off: () => undefined };
  const metrics = createMetrics({ version: "0", client });
  const { text } = await metrics.expose();
  metrics.close();
  const names = queries.flatMap(({ expr }) => expr.match(/\b(?:process|nodejs)_\w+/g) ?? []);
  assert.ok(names.length > 1);
  for (const name of names) assert.ok(text.includes(`\n# TYPE ${name} `), name);
});

test("every metric is on the dashboard", () => {
  const shown = new Set(queries.flatMap(({ expr }) => expr.match(/\bperch_\w+/g) ?? []));
  const names = new Set([...shown].map((name) => name.replace(/_bucket$/, "")));
  assert.deepEqual([...names].sort(), Object.keys(definitions).sort());
});

test("every alert has a section of the runbook, and every section an alert", () => {
  assert.deepEqual(
    sections.map(({ name }) => name),
    alerts.map(({ alert }) => alert),
  );
  for (const { alert, runbook_url } of alerts)
    assert.equal(runbook_url, `{{ or $externalLabels.runbook "docs/runbook.md" }}#${alert.toLowerCase()}`);
});

/** What is wrong with the beginning of a section: the doctor's lines to expect, then a query. */
const sectionFaults = (text: string): readonly string[] => {
  const [, said = "", query] =
    /^\w+\n\n`perch doctor` prints ([^\n]+)\n\n```promql\n([^\n]+)\n```\n/.exec(text) ?? [];
  if (query === undefined) return ["does not begin with the doctor's lines and a query"];
  const named = [...said.matchAll(/`(?:fail|warn) (\w+)`/g)].map(([, id = ""]) => id);
  const ids: readonly string[] = checks.map(({ id }) => id);
  return [
    ...(named.length === 0 && !said.includes("`ok`") ? ["names no line"] : []),
    ...named.filter((id) => !ids.includes(id)).map((id) => `the doctor has no check ${id}`),
    ...faultsOf(query),
  ];
};

test("every section of the runbook begins with the doctor's lines to expect and a query of metrics there are", () => {
  for (const { name, text } of sections) assert.deepEqual(sectionFaults(text), [], name);
  const wrong = "PerchX\n\n`perch doctor` prints `fail luck`.\n\n```promql\nmax(perch_nothing)\n```\n";
  assert.deepEqual(sectionFaults(wrong), ["the doctor has no check luck", "no metric perch_nothing"]);
  assert.equal(sectionFaults("PerchX\n\nSomething is wrong.\n").length, 1);
});

test("every panel says what it shows, and leads to a section of the runbook", () => {
  assert.ok(dashboard.templating.list.some(({ name }) => name === "runbook"));
  const anchors = sections.map(({ name }) => `\${runbook}#${name.toLowerCase()}`);
  const panels = dashboard.panels.filter(({ type }) => type !== "row");
  for (const { title, description, links } of panels) {
    assert.ok(description.length > 20 && description.endsWith("."), title);
    assert.deepEqual(
      links.map(({ url }) => anchors.includes(url)),
      [true],
      title,
    );
  }
});

test("the dashboard shows installs by the API's statuses, and marks starts and versions", () => {
  assert.deepEqual(
    dashboard.annotations.list.map(({ name }) => name),
    ["Starts", "Versions"],
  );
  const { labels } = gauges.perch_installs;
  for (const status of installStatuses) assert.ok(labels.status.includes(status), status);
});

const promtool = (process.env.PATH ?? "")
  .split(delimiter)
  .map((folder) => join(folder, "promtool"))
  .find((file) => existsSync(file));

test("promtool finds nothing wrong with the rules", {
  skip: promtool === undefined && "promtool is not on PATH",
}, async () => {
  const rules = path("deploy/prometheus/alerts.yml").pathname;
  const { stdout } = await promisify(execFile)(promtool ?? "", ["check", "rules", rules]);
  assert.match(stdout, /SUCCESS/);
});
