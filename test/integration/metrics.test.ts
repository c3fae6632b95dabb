import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import test from "node:test";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { signWebhook } from "../../src/bird/signature.ts";
import { buildAdminServer } from "../../src/metrics/admin-server.ts";
import { counters, gauges, histograms } from "../../src/metrics/definitions.ts";
import { createMetrics, type Metrics } from "../../src/metrics/metrics.ts";
import { createHolds } from "../../src/queue/gate/holds.ts";
import { createKeys, sumOfShards } from "../../src/queue/keyspace/keys.ts";
import { createReadFleet } from "../../src/queue/maintenance/fleet-state.ts";
import { closeRedis, connectRedis, type WhenAway } from "../../src/redis/connection.ts";
import { createApiClient } from "../support/api-client.ts";
import { testPrefix } from "../support/redis.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { readSamples, type Sample, sampled } from "../support/samples.ts";
import { type Stack, signingKey, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { answerWith, withNotify } from "./notify-fixture.ts";
import { startPrivateRedis, withPrivateRedis } from "./private-redis.ts";

const other = "1c7a3f1d-8e2b-4a1f-8d66-4b2a1a7a5e21";
const refuse = (n: number) =>
  ({ phoneId: installRequest(n).phoneId, fault: { kind: "status", status: 422 } }) as const;

const scrape = async (metrics: Metrics): Promise<readonly Sample[]> =>
  readSamples((await metrics.expose()).text);

/** Waits until all of these are shown: names with labels, as Prometheus writes them, to values. */
const shows = (metrics: Metrics, wanted: Readonly<Record<string, number>>): Promise<string> =>
  until(JSON.stringify(wanted), async () => {
    const { text } = await metrics.expose();
    return Object.entries(wanted).every(([name, value]) => text.includes(`\n${name} ${value}\n`)) && text;
  });

/** Enqueues these numbers and waits until all have ended. */
const install = async ({ producer }: Stack, numbers: readonly number[]): Promise<void> => {
  const all = await Promise.all(numbers.map((n) => producer.enqueue(installRequest(n))));
  await Promise.all(all.map((each) => producer.waitFor(each.install.id, { timeoutMs: 20_000 })));
};

test("metrics say what became of installs, as Bird saw it and as Redis keeps it", async () => {
  const held = { workspaceId: other, times: "always", fault: { kind: "status", status: 401 } } as const;
  const worker = { holdBaseMs: 3_600_000, holdCapMs: 3_600_000 };
  await withStack({ worker, sandbox: { faults: [refuse(1), refuse(2), held] } }, async (stack) => {
    const { metrics, producer, sandbox, keys, client } = stack;
    const startMs = performance.now();
    await install(stack, [1, 2, 3, 4, 5, 6, 7]);
    const stuck = await producer.enqueue(installRequest(8, { workspaceId: other }));
    await until(
      "it is held",
      async () => (await producer.installs.find(stuck.install.id))?.status === "held",
    );

    const text = await shows(metrics, {
      'perch_installs_total{outcome="completed"}': 5,
      'perch_installs_total{outcome="failed"}': 2,
      'perch_installs_total{outcome="cancelled"}': 0,
      'perch_install_errors_total{code="rejected_by_bird"}': 2,
      'perch_installs{status="completed"}': 5,
      'perch_installs{status="failed"}': 2,
      'perch_installs{status="held"}': 1,
      'perch_installs{status="queued"}': 0,
      'perch_holds{reason="unauthorized"}': 1,
      'perch_holds{reason="rate_limited"}': 0,
      'perch_gate_answers_total{answer="go"}': 8,
      'perch_stored_events{state="unmatched"}': 0,
      'perch_stored_events{state="not_consumed"}': 0,
      perch_worker_running: 1,
      perch_redis_up: 1,
    });
    const samples = readSamples(text);
    const { requests } = sandbox.report();
    for (const [status, count] of Object.entries(requests.create ?? {})) {
      const labels = { operation: "create_connector", status };
      assert.equal(sampled(samples, "perch_bird_requests_total", labels), count, status);
    }
    assert.deepEqual(requests.create, { 201: 5, 422: 2, 401: 1 });
    for (const stage of ["enqueue_to_create", "create_to_event", "event_to_completed", "total"]) {
      assert.equal(sampled(samples, "perch_stage_seconds_count", { stage }), 5, stage);
      const most = (5 * (performance.now() - startMs)) / 1000;
      assert.ok((sampled(samples, "perch_stage_seconds_sum", { stage }) ?? most) < most, stage);
    }
    const total = sampled(samples, "perch_stage_seconds_sum", { stage: "total" }) ?? 0;
    assert.ok(
      total >= (sampled(samples, "perch_stage_seconds_sum", { stage: "enqueue_to_create" }) ?? total),
    );

    const held = await sumOfShards(keys, (shard) => client.zcard(shard.heldWorkspaces("unauthorized")));
    assert.equal(held, 1);
  });
});

test("a lifted hold is counted no more, and one of another reason takes its place", async () => {
  await withStack({ startsPaused: true }, async ({ client, keys }) => {
    const read = createReadFleet({ client, keys });
    const holds = createHolds({ client, keys, baseMs: 60_000, capMs: 60_000 });
    await holds.holdUnauthorized(workspaceId);
    await holds.holdFor(other, 120_000);
    assert.deepEqual((await read()).holds, { rate_limited: 1, unauthorized: 1 });
    const later = createHolds({
      client,
      keys,
      baseMs: 60_000,
      capMs: 60_000,
      now: () => Date.now() + 60_001,
    });
    await later.holdFor(workspaceId, 60_000);
    assert.deepEqual((await read()).holds, { rate_limited: 2, unauthorized: 0 });
    await holds.release(other);
    assert.deepEqual((await read()).holds, { rate_limited: 1, unauthorized: 0 });
  });
});

test("a cancelled install counts as cancelled, and one that is retried ends again without its whole time", async () => {
  const held = { workspaceId: other, times: "always", fault: { kind: "status", status: 401 } } as const;
  const worker = { holdBaseMs: 3_600_000, holdCapMs: 3_600_000 };
  await withStack({ worker, sandbox: { faults: [refuse(1), held] } }, async (stack) => {
    const { metrics, producer, startAnApi } = stack;
    const call = createApiClient((await startAnApi()).url);
    const { install: stuck } = await producer.enqueue(installRequest(2, { workspaceId: other }));
    await until("it is held", async () => (await producer.installs.find(stuck.id))?.status === "held");
    assert.equal((await call(`/v1/installs/${stuck.id}/cancel`, { method: "POST" })).status, 200);
    const { install: refused } = await producer.enqueue(installRequest(1));
    await producer.waitFor(refused.id, { timeoutMs: 20_000 });
    await call(`/v1/installs/${refused.id}/retry`, { method: "POST" });
    await shows(metrics, {
      'perch_installs_total{outcome="cancelled"}': 1,
      'perch_installs_total{outcome="failed"}': 1,
      'perch_installs_total{outcome="completed"}': 1,
      'perch_install_errors_total{code="rejected_by_bird"}': 1,
      'perch_installs{status="cancelled"}': 1,
      'perch_installs{status="failed"}': 0,
      'perch_installs{status="completed"}': 1,
      'perch_stage_seconds_count{stage="total"}': 0,
      'perch_stage_seconds_count{stage="create_to_event"}': 1,
      'perch_runs_total{end="fault"}': 0,
    });
  });
});

test("installs that wait are counted, and aged by what is next", async () => {
  await withStack({ startsPaused: true }, async ({ producer, client, keys }) => {
    let nowMs = Date.now();
    const read = createReadFleet({ client, keys, now: () => nowMs });
    assert.equal((await read()).oldestMs.waiting, 0);
    const { install: first } = await producer.enqueue(installRequest(1));
    await producer.enqueue(installRequest(2, { priority: "bulk" }));
    nowMs = Date.parse(first.createdAt) + 90_000;
    const { installs, runs, oldestMs } = await read();
    assert.deepEqual([installs.queued, runs.waiting, oldestMs.waiting], [2, 2, 90_000]);
  });
});

test("a spent POST budget shows as long as it is, and what the gate put off is counted", async () => {
  await withStack({ worker: { postsPerSecond: 1 } }, async (stack) => {
    const { metrics, producer } = stack;
    const put = await Promise.all([1, 2, 3, 4].map((n) => producer.enqueue(installRequest(n))));
    await until("a budget is spent", async () => {
      const samples = await scrape(metrics);
      return sampled(samples, "perch_post_budgets_spent") === 1;
    });
    await Promise.all(put.map(({ install: { id } }) => producer.waitFor(id, { timeoutMs: 20_000 })));
    const waits = sampled(await scrape(metrics), "perch_gate_answers_total", { answer: "wait" }) ?? 0;
    assert.ok(waits >= 2, String(waits));
    await until("the budget has places again", async () => {
      return sampled(await scrape(metrics), "perch_post_budgets_spent") === 0;
    });
  });
});

test("webhooks are counted by answer, by reason of refusal, and by what became of the event", async () => {
  await withStack({}, async ({ webhook, metrics }) => {
    const url = `${webhook.url}/webhooks/bird`;
    const send = async (
      body: string,
      change: Record<string, string | undefined> = {},
      ageSeconds = 0,
      key = signingKey,
    ): Promise<number> => {
      const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
      const headers = new Headers();
      const all = {
        "content-type": "application/json",
        "messagebird-request-timestamp": timestamp,
        "messagebird-signature": signWebhook({ timestamp, url, body: Buffer.from(body) }, key),
        ...change,
      };
      for (const [name, value] of Object.entries(all)) if (value !== undefined) headers.set(name, value);
      return (await fetch(url, { method: "POST", headers, body })).status;
    };
    const [connectorId, id] = [randomUUID(), randomUUID()];
    const event = (channel: string): string =>
      JSON.stringify({
        service: "channels",
        event: "channel.created",
        payload: { connectorId, id: channel },
      });
    const statuses = [
      await send(event(id)),
      await send(event(id)),
      await send(event(randomUUID())),
      await send("{}"),
      await send("{}", { "messagebird-signature": undefined }),
      await send("{}", {}, 0, "another key"),
      await send("{}", {}, 90_000),
      await send("x".repeat(300_000)),
      await send("{}", { "content-type": "text/plain" }),
    ];
    assert.deepEqual(statuses, [200, 200, 200, 200, 401, 401, 401, 413, 415]);
    assert.equal((await fetch(`${webhook.url}/elsewhere`, { method: "POST" })).status, 404);
    await shows(metrics, {
      'perch_events_total{result="unmatched"}': 1,
      'perch_events_total{result="duplicate"}': 1,
      'perch_events_total{result="conflict"}': 1,
      'perch_events_total{result="ignored"}': 1,
      'perch_webhook_refused_total{reason="no_key"}': 0,
      'perch_webhook_refused_total{reason="no_signature"}': 1,
      'perch_webhook_refused_total{reason="bad_signature"}': 1,
      'perch_webhook_refused_total{reason="too_old"}': 1,
      'perch_webhook_refused_total{reason="too_large"}': 1,
      'perch_webhook_refused_total{reason="unsupported_media_type"}': 1,
      'perch_webhook_refused_total{reason="invalid_request"}': 0,
      'perch_webhook_refused_total{reason="unavailable"}': 0,
      'perch_webhook_answers_total{status="200"}': 4,
      'perch_webhook_answers_total{status="401"}': 3,
      'perch_webhook_answers_total{status="413"}': 1,
      'perch_webhook_answers_total{status="415"}': 1,
      'perch_webhook_answers_total{status="other"}': 0,
      perch_webhook_seconds_count: 9,
      'perch_stored_events{state="unmatched"}': 1,
      'perch_stored_events{state="unreadable"}': 1,
    });
  });
});

test("a webhook for which there is no key is counted as such", async () => {
  const webhook = { signingKeys: [], signingSecret: undefined };
  await withStack({ webhook, startsPaused: true }, async ({ webhook: { url }, metrics }) => {
    const headers = { "content-type": "application/json" };
    await fetch(`${url}/webhooks/bird`, { method: "POST", headers, body: "{}" });
    await shows(metrics, { 'perch_webhook_refused_total{reason="no_key"}': 1 });
  });
});

test("outgoing webhooks are counted by what became of them", () =>
  withNotify(async ({ client, keys, receiver, start, announce, ends }) => {
    const readFleet = createReadFleet({ client, keys });
    const metrics = createMetrics({ version: "0", client, readFleet, hasProcess: false });
    const { onDelivery } = metrics.forNotifier();
    const notifier = await start({}, { onDelivery });
    const [slow, gone] = [await receiver(answerWith(500, 500, 200)), await receiver(answerWith(410))];
    await ends(await announce(slow.url), "delivered");
    await ends(await announce(gone.url, "another"), "failed");
    await shows(metrics, {
      'perch_notifications_total{result="delivered"}': 1,
      'perch_notifications_total{result="refused"}': 2,
      'perch_notifications_total{result="dead"}': 1,
      'perch_notifications{status="delivered"}': 1,
      'perch_notifications{status="dead"}': 1,
      'perch_notifications{status="pending"}': 0,
    });
    await notifier.close();
    metrics.close();
  }));

test("labels have only the values they may have, and neither ids nor tokens are anywhere", async () => {
  await withStack({ sandbox: { faults: [refuse(1)] } }, async (stack) => {
    await install(stack, [1, 2, 3]);
    const { text } = await stack.metrics.expose();
    const definitions: Readonly<Record<string, { readonly labels: object }>> = {
      ...counters,
      ...gauges,
      ...histograms,
    };
    const ours = readSamples(text).filter(
      ({ name }) => name.startsWith("perch_") && name !== "perch_build_info",
    );
    assert.ok(ours.length > 150);
    for (const { name, labels } of ours) {
      const allowed = definitions[name] ?? definitions[name.replace(/_(bucket|sum|count)$/, "")];
      const { le: _, ...own } = labels;
      for (const [label, value] of Object.entries(own)) {
        const values = Object.entries(allowed?.labels ?? {}).find(([known]) => known === label)?.[1];
        assert.ok(Array.isArray(values) && values.includes(value), `${name} ${label}=${value}`);
      }
    }
    const { phoneId, phoneNumber, wabaId, accessToken = "" } = installRequest(2);
    const { connectors } = stack.sandbox.report();
    const secrets = [workspaceId, phoneId, phoneNumber, wabaId, accessToken, "EAAG", stack.sandbox.accessKey];
    for (const secret of [...secrets, ...connectors.map(({ id }) => id)])
      assert.ok(!text.includes(secret), secret);
  });
});

test("GET /metrics asks for a key with the scope read, and answers Prometheus' text format", async () => {
  const keyOf = (name: string, scope: "read" | "write") => ({
    name,
    hash: hashApiKey(`${name}-key`),
    scopes: [scope],
  });
  await withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi({ keys: [keyOf("reader", "read"), keyOf("writer", "write")] });
    assert.equal((await createApiClient(url)("/metrics")).status, 401);
    assert.equal((await createApiClient(url, "nobody-key")("/metrics")).status, 401);
    assert.equal((await createApiClient(url, "writer-key")("/metrics")).status, 200);
    const answer = await createApiClient(url, "reader-key")("/metrics");
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
    assert.match(answer.text, /^perch_redis_up 1$/m);
  });
});

test("the admin server says whether the process is alive, can work, and what it counts", async () => {
  let obstacle: string | undefined;
  const expose = async () => ({ contentType: "text/plain", text: "perch_redis_up 1\n" });
  const server = buildAdminServer({ expose, obstacle: async () => obstacle });
  assert.equal((await server.inject("/healthz")).statusCode, 200);
  assert.equal((await server.inject("/readyz")).statusCode, 200);
  assert.equal((await server.inject("/metrics")).body, "perch_redis_up 1\n");
  obstacle = "full";
  const refused = await server.inject("/readyz");
  assert.deepEqual([refused.statusCode, refused.json()], [503, { status: "unavailable", reason: "full" }]);
  assert.equal((await server.inject("/healthz")).statusCode, 200);
  assert.equal((await server.inject({ method: "POST", url: "/metrics" })).statusCode, 404);
  await server.close();
});

for (const whenAway of ["wait", "fail"] as const satisfies readonly WhenAway[]) {
  test(`while Redis is away a scrape answers at once and says so, on a connection that would ${whenAway}`, () =>
    withPrivateRedis(async ({ url, dataDir, stop }) => {
      const client = await connectRedis(url, { whenAway, name: "test" });
      const keys = createKeys(testPrefix());
      const readFleet = createReadFleet({ client, keys });
      const metrics = createMetrics({ version: "0", client, readFleet, hasProcess: false });
      try {
        await shows(metrics, { perch_redis_up: 1, 'perch_installs{status="queued"}': 0 });
        await stop();
        const text = await until("the loss is noticed", async () => {
          const startMs = performance.now();
          const { text: seen } = await metrics.expose();
          assert.ok(performance.now() - startMs < 2000, "it does not hang");
          return /^perch_redis_up 0$/m.test(seen) && !/^perch_installs\{/m.test(seen) && seen;
        });
        assert.match(text, /^perch_redis_losses_total [1-9]/m);
        await startPrivateRedis(dataDir);
        await shows(metrics, { perch_redis_up: 1, 'perch_installs{status="queued"}': 0 });
      } finally {
        metrics.close();
        await closeRedis(client);
      }
    }));
}
