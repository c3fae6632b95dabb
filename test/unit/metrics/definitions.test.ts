import assert from "node:assert/strict";
import test from "node:test";
import { operationOf } from "../../../src/bird/measure-bird.ts";
import { counters, gauges, histograms } from "../../../src/metrics/definitions.ts";
import { createMetrics } from "../../../src/metrics/metrics.ts";
import type { FleetState } from "../../../src/queue/maintenance/fleet-state.ts";
import { readSamples } from "../../support/samples.ts";

const client = {
  ping: async () => "PONG",
  on: () => undefined,
  off: () => undefined,
};

const fleet: FleetState = {
  installs: {
    queued: 1,
    submitting: 2,
    awaiting_channel: 3,
    retrying: 4,
    held: 5,
    paused: 6,
    completed: 7,
    failed: 8,
    cancelled: 9,
  },
  runs: { waiting: 1, active: 2 },
  oldestMs: { waiting: 1500, parked: 0, event: 0, unmatched: 0, notification: 0, outcome: 0 },
  events: { unmatched: 0, not_consumed: 0, unreadable: 0 },
  droppedEvents: { unmatched: 0, unreadable: 0 },
  holds: { rate_limited: 0, unauthorized: 0 },
  notifications: { pending: 0, delivered: 0, dead: 0 },
  unnotified: 0,
  rechecking: 0,
  batches: { running: 0, paused: 0, halted: 0 },
};

/** Metrics with every role's in it. */
const allMetrics = (readFleet = async () => fleet) => {
  const metrics = createMetrics({ version: "1.2.3", client, readFleet });
  metrics.forWorker().watch({ isRunning: () => true });
  metrics.forWebhook();
  metrics.forConnect();
  metrics.forMeta();
  metrics.forNotifier();
  return metrics;
};

test("what is defined is what a process with all roles shows, and nothing else is", async () => {
  const metrics = allMetrics();
  const { text } = await metrics.expose();
  metrics.close();
  const shown = [...text.matchAll(/^# TYPE (perch_\w+) (\w+)$/gm)].map(([, name, type]) => `${type} ${name}`);
  const defined = Object.entries({ counter: counters, gauge: gauges, histogram: histograms }).flatMap(
    ([type, definitions]) => Object.keys(definitions).map((name) => `${type} ${name}`),
  );
  assert.deepEqual(shown.sort(), defined.sort());
  assert.match(text, /^process_cpu_seconds_total /m);
});

test("names say unit and kind, help texts are there, and buckets rise within what is usual", () => {
  for (const name of Object.keys(counters)) assert.match(name, /^perch_[a-z_]+_total$/);
  for (const name of Object.keys(gauges)) assert.doesNotMatch(name, /_total$/);
  for (const [name, { buckets }] of Object.entries(histograms)) {
    assert.match(name, /^perch_[a-z_]+_seconds$/);
    assert.deepEqual(
      [...buckets].sort((a, b) => a - b),
      buckets,
    );
    assert.ok(buckets.length <= 20 && buckets.every((bound) => bound > 0), name);
  }
  for (const { help } of Object.values({ ...counters, ...gauges, ...histograms }))
    assert.ok(help.length > 10 && !help.endsWith("."), help);
});

test("what has not happened yet reads 0 from the start", async () => {
  const metrics = allMetrics();
  const { text } = await metrics.expose();
  metrics.close();
  assert.match(text, /^perch_installs_total\{outcome="failed"\} 0$/m);
  assert.match(text, /^perch_webhook_refused_total\{reason="bad_signature"\} 0$/m);
  assert.match(text, /^perch_stage_seconds_count\{stage="total"\} 0$/m);
  assert.match(text, /^perch_oldest_seconds\{state="waiting"\} 1\.5$/m);
});

test("two processes' metrics share nothing", async () => {
  const [one, other] = [allMetrics(), createMetrics({ version: "1.2.3", client, hasProcess: false })];
  other.forWorker().observer.onRunEnd({ end: "fault" });
  const [first, second] = [await one.expose(), await other.expose()];
  one.close();
  other.close();
  assert.match(first.text, /^perch_runs_total\{end="fault"\} 0$/m);
  assert.match(second.text, /^perch_runs_total\{end="fault"\} 1$/m);
  assert.doesNotMatch(second.text, /perch_installs\{/);
});

test("a status Bird is not known to answer counts as its class", async () => {
  const metrics = allMetrics();
  const { birdAnswered } = metrics.forApi();
  for (const status of [201, 429, 418, 599, "not_sent", "unanswered"] as const)
    birdAnswered({ operation: "create_connector", status, elapsedMs: 1 });
  const samples = readSamples((await metrics.expose()).text);
  metrics.close();
  const statuses = samples
    .filter(({ name }) => name === "perch_bird_requests_total")
    .map(({ labels }) => labels.status);
  assert.deepEqual(statuses, ["201", "429", "4xx", "5xx", "not_sent", "unanswered"]);
});

test("a scrape waits for no reading longer than a second, reads once for many, and shows no old number", async () => {
  let reads = 0;
  const stuck = Promise.withResolvers<FleetState>();
  const metrics = allMetrics(() => {
    reads += 1;
    return stuck.promise;
  });
  const startMs = performance.now();
  const answers = await Promise.all([metrics.expose(), metrics.expose(), metrics.expose()]);
  assert.ok(performance.now() - startMs < 2000);
  for (const { text } of answers) assert.doesNotMatch(text, /^perch_(installs|outcomes_untold)[{ ]/m);
  stuck.resolve(fleet);
  assert.match((await metrics.expose()).text, /^perch_installs\{status="awaiting_channel"\} 3$/m);
  assert.match((await metrics.expose()).text, /^perch_outcomes_untold 0$/m);
  metrics.close();
  assert.equal(reads, 1);
});

test("every path of Bird's that Perch asks has a name of its own", () => {
  const routes = [
    ["POST", "/workspaces/w/connectors", "create_connector"],
    ["GET", "/workspaces/w/connectors", "list_connectors"],
    ["GET", "/workspaces/w/connectors/c", "get_connector"],
    ["DELETE", "/workspaces/w/connectors/c", "delete_connector"],
    ["GET", "/workspaces/w/connectors/c/status", "get_connector_status"],
    ["GET", "/workspaces/w/channels", "list_channels"],
    ["GET", "/workspaces/w/channels/c", "get_channel"],
    ["POST", "/workspaces/w/channels/c/messages", "send_message"],
    ["GET", "/organizations/o/workspaces/w/webhook-subscriptions", "list_subscriptions"],
    ["POST", "/organizations/o/workspaces/w/webhook-subscriptions", "create_subscription"],
    ["DELETE", "/organizations/o/workspaces/w/webhook-subscriptions/s", "delete_subscription"],
    ["GET", "/workspaces/w/anything/else", "other"],
  ] as const;
  for (const [method, path, operation] of routes)
    assert.equal(operationOf(method, path).operation, operation, path);
  assert.equal(operationOf("GET", "/workspaces/w/channels/c").route, "GET channels/:id");
  assert.equal(operationOf("GET", "/workspaces/w/anything/else").route, "GET other");
});
