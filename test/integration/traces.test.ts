import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, it } from "node:test";
import { parseApiKeys } from "../../src/api/auth/api-keys.ts";
import { installSchema } from "../../src/install/install.ts";
import { startTraces, type TraceSettings, type Traces } from "../../src/traces/traces.ts";
import { createApiClient } from "../support/api-client.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../support/otlp-receiver.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, type StackOptions, withStack } from "../support/stack.ts";

const log = { warn: (facts: object) => assert.fail(JSON.stringify(facts)) };
const stem = `CANARY${randomBytes(6).toString("hex")}`;
const accessToken = `EAAG-${stem}-ACCESS`;
const callerTrace = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const uploadTraceparent = `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`;
const traceparent = `00-${callerTrace.traceId}-${callerTrace.spanId}-01`;

/** Runs a test against a stack whose spans reach a collector. OpenTelemetry is set up for the whole process. */
const withTraces = async (
  settings: Partial<TraceSettings>,
  options: StackOptions,
  run: (stack: Stack, collector: OtlpReceiver, traces: Traces) => Promise<void>,
): Promise<void> => {
  await using collector = await startOtlpReceiver();
  const url = `${collector.url}/v1/traces`;
  const traces = startTraces({
    settings: { url, headers: {}, serviceName: "test", ratio: 1, ...settings },
    sendEveryMs: 20,
    log,
  });
  try {
    await withStack({ ...options, traces }, (stack) => run(stack, collector, traces));
  } finally {
    await traces.close();
  }
};

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan[] =>
  spans.filter((span) => span.name === name);

const ofInstall = (spans: readonly ReceivedSpan[], id: string): ReceivedSpan[] => {
  const [enqueue] = named(spans, "enqueue install").filter(
    ({ attributes }) => attributes["perch.install.id"] === id,
  );
  return spans.filter(({ traceId }) => traceId === enqueue?.traceId);
};

/** How many calls Bird answered with 401. */
const refusedByBird = (spans: readonly ReceivedSpan[]): number =>
  named(spans, "POST connectors").filter(({ attributes }) => attributes["http.response.status_code"] === 401)
    .length;

/** Every span but those that hang on the caller's has its parent in the trace. */
const assertConnected = (spans: readonly ReceivedSpan[], roots: readonly (string | undefined)[]): void => {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const loose = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
  assert.deepEqual(
    loose.map(({ parentSpanId }) => parentSpanId),
    roots,
  );
};

describe("an install that is traced", () => {
  const ready = Promise.withResolvers<readonly [Stack, OtlpReceiver]>();
  const done = Promise.withResolvers<void>();
  let lending: Promise<void> | undefined;
  let stack: Stack;
  let collector: OtlpReceiver;
  before(async () => {
    const faults = [
      { phoneId: installRequest(2).phoneId, fault: { kind: "status", status: 422 } },
      { phoneId: installRequest(3).phoneId, fault: { kind: "status", status: 401 } },
    ] as const;
    lending = withTraces({}, { sandbox: { faults, channelDelayMs: 30 } }, async (lent, received) => {
      ready.resolve([lent, received]);
      await done.promise;
    });
    lending.catch(ready.reject);
    [stack, collector] = await ready.promise;
  });
  after(async () => {
    done.resolve();
    await lending;
  });

  it("is one trace from the caller's request over the POST and the event to its completion", async () => {
    const api = await stack.startAnApi();
    const call = createApiClient(api.url);
    const answer = await call("/v1/installs", {
      json: installRequest(1, { accessToken }),
      headers: { traceparent },
    });
    const { id } = answer.as(installSchema);
    await stack.producer.waitFor(id, { timeoutMs: 10_000 });
    await collector.until("the end", (spans) => named(spans, "complete installs").length === 1);
    await collector.until("the event", (spans) => ofInstall(spans, id).length >= 7);
    const spans = ofInstall(collector.spans, id);
    assert.deepEqual(spans.map(({ name }) => name).sort(), [
      "POST /v1/installs",
      "POST /webhooks/bird/:workspaceId",
      "POST connectors",
      "complete installs",
      "enqueue install",
      "process installs",
      "process installs",
    ]);
    assert.ok(spans.every(({ traceId }) => traceId === callerTrace.traceId));
    assertConnected(spans, [callerTrace.spanId]);
    const [request] = named(spans, "POST /v1/installs");
    const [enqueue] = named(spans, "enqueue install");
    const runs = named(spans, "process installs").sort((a, b) =>
      Number(a.startTimeUnixNano - b.startTimeUnixNano),
    );
    const [create] = named(spans, "POST connectors");
    const [event] = named(spans, "POST /webhooks/bird/:workspaceId");
    assert.equal(enqueue?.parentSpanId, request?.spanId);
    for (const span of [...runs, event]) assert.equal(span?.parentSpanId, enqueue?.spanId);
    assert.equal(create?.parentSpanId, runs[0]?.spanId);
    assert.equal(create?.attributes["http.response.status_code"], 201);
    const install = await stack.producer.installs.find(id);
    assert.deepEqual(
      runs.map(({ attributes }) => [
        attributes["perch.outcome"],
        attributes["perch.install.id"],
        attributes["perch.workspace.id"],
        attributes["perch.connector.id"],
      ]),
      [
        ["park", id, workspaceId, install?.connectorId],
        ["complete", id, workspaceId, install?.connectorId],
      ],
    );
    assert.equal(runs[1]?.attributes["perch.channel.id"], install?.channelId);
    assert.deepEqual(
      runs.map(({ events }) => events.map(({ name }) => name)),
      [[], ["event from Bird"]],
    );
    assert.equal(event?.attributes["perch.event.result"], "matched");
    assert.equal(event?.attributes["perch.connector.id"], install?.connectorId);
  });

  it("records how it failed and calls that Bird refused, and nothing of what was sent", async () => {
    const failed = await stack.producer.enqueue(installRequest(2, { accessToken }));
    const refused = await stack.producer.enqueue(installRequest(3, { accessToken }));
    for (const { install } of [failed, refused])
      await stack.producer.waitFor(install.id, { timeoutMs: 10_000 });
    const find = (id: string) => ofInstall(collector.spans, id);
    await collector.until("the failure", () => named(find(failed.install.id), "fail installs").length === 1);
    await collector.until("the end", () => named(find(refused.install.id), "complete installs").length === 1);
    const [run] = named(find(failed.install.id), "process installs");
    assert.equal(run?.attributes["perch.error.code"], "rejected_by_bird");
    assert.deepEqual(run?.status, { code: 2, message: "rejected_by_bird" });
    assertConnected(find(failed.install.id), [undefined]);
    const statuses = named(find(refused.install.id), "POST connectors").map(
      ({ attributes }) => attributes["http.response.status_code"],
    );
    assert.ok(statuses.includes(401), statuses.join());
    // BullMQ would write the trace down once more with every failure.
    const key = stack.keys.ofInstall(failed.install.id).job(failed.install.id);
    assert.deepEqual(await stack.client.hexists(key, "tm"), 0);
    const job = await stack.client.hget(key, "opts");
    assert.match(job ?? "", /"tm":/);
  });

  it("has a trace of its own when it is one of many, linked to the import", async () => {
    const api = await stack.startAnApi();
    const rows = [4, 5].map((n) => JSON.stringify(installRequest(n, { accessToken })));
    const answer = await createApiClient(api.url)("/v1/batches?name=march", {
      text: rows.join("\n"),
      headers: { "content-type": "application/x-ndjson", traceparent: uploadTraceparent },
    });
    assert.equal(answer.status, 202);
    const ofBatch = () =>
      named(collector.spans, "enqueue install").filter(
        ({ attributes }) => attributes["perch.batch.id"] === answer.body.id,
      );
    await collector.until("the upload", (spans) => named(spans, "POST /v1/batches").length === 1);
    await collector.until("both", () => ofBatch().length === 2);
    const [imported] = named(collector.spans, "import");
    const [request] = named(collector.spans, "POST /v1/batches");
    assert.equal(imported?.attributes["perch.import.rows"], 2);
    assert.equal(imported?.parentSpanId, request?.spanId);
    assert.ok(uploadTraceparent.includes(String(imported?.traceId)));
    assert.equal(new Set([imported?.traceId, ...ofBatch().map(({ traceId }) => traceId)]).size, 3);
    for (const { parentSpanId, links, attributes } of ofBatch()) {
      assert.equal(parentSpanId, undefined);
      assert.deepEqual(
        links.map(({ spanId }) => spanId),
        [imported?.spanId],
      );
      await stack.producer.waitFor(String(attributes["perch.install.id"]), { timeoutMs: 10_000 });
    }
  });

  it("has no span of a request that was not let in, whatever trace that names", async () => {
    const keys = parseApiKeys(`crm:${"0a".repeat(32)}:read+write`) ?? assert.fail("its entry can be read");
    const closed = await stack.startAnApi({ keys });
    const refusedTraceparent = `00-${"7".repeat(32)}-${"7".repeat(16)}-01`;
    const headers = { "content-type": "application/json", traceparent: refusedTraceparent };
    for (const url of [
      `${closed.url}/v1/installs`,
      `${stack.webhook.url}/webhooks/bird`,
      `${stack.webhook.url}/webhooks/bird/${workspaceId}`,
    ])
      assert.equal((await fetch(url, { method: "POST", headers, body: "{}" })).status, 401);
    const { install } = await stack.producer.enqueue(installRequest(6));
    await collector.until("a later span", () => ofInstall(collector.spans, install.id).length > 0);
    assert.ok(!collector.bodies.join().includes("7".repeat(32)));
    const statuses = collector.spans.map(({ attributes }) => attributes["http.response.status_code"]);
    // Those of Bird are on calls to it.
    assert.equal(statuses.filter((status) => status === 401).length, refusedByBird(collector.spans));
  });

  it("leaves its token in nothing that was exported", () => {
    assert.ok(collector.bodies.length > 0);
    const bytes = Buffer.from(accessToken);
    const all = collector.bodies.join("\n");
    for (const trace of [stem, bytes.toString("hex"), bytes.toString("base64"), bytes.toString("base64url")])
      assert.ok(!all.includes(trace), trace);
    for (const word of ["sealed", "authorization", "AccessKey", stack.sandbox.accessKey])
      assert.ok(!all.includes(word), word);
  });
});

for (const [ratio, headers] of [
  [0, {}],
  [1, { traceparent: `${traceparent.slice(0, -2)}00` }],
] as const)
  it(`an install that is not sampled, here or by its caller (${ratio}), keeps no trace and makes no span`, () =>
    withTraces({ ratio }, {}, async ({ producer, client, keys, startAnApi }, collector, traces) => {
      const api = await startAnApi();
      const answer = await createApiClient(api.url)("/v1/installs", { json: installRequest(1), headers });
      const { id } = answer.as(installSchema);
      await producer.waitFor(id, { timeoutMs: 10_000 });
      const options = (await client.hget(keys.ofInstall(id).job(id), "opts")) ?? "";
      assert.match(options, /"attempts"/);
      assert.doesNotMatch(options, /"(tm|omc)"/);
      traces.forWorker().observer.onBird?.({
        operation: "get_channel",
        route: "GET channels/:id",
        status: 200,
        elapsedMs: 1,
      });
      await traces.close();
      assert.deepEqual(
        collector.spans.map(({ name }) => name),
        [],
      );
    }));

it("a collector that is unreachable or never answers changes nothing, is logged once, and delays nothing", async () => {
  const gone = await startOtlpReceiver();
  await gone[Symbol.asyncDispose]();
  // A pause between two bytes would end the request.
  const dripping = createServer((_request, response) => {
    const drip = setInterval(() => response.write(" "), 200);
    response.on("close", () => clearInterval(drip));
  }).listen(0, "127.0.0.1");
  await once(dripping, "listening");
  const address = dripping.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  for (const url of [gone.url, `http://127.0.0.1:${port}`]) {
    const warnings: string[] = [];
    const settings = { url, headers: {}, serviceName: "test", ratio: 1 };
    const traces = startTraces({ settings, log: { warn: (_, message) => warnings.push(message) } });
    await withStack({ traces }, async ({ producer }) => {
      for (const n of [1, 2]) {
        const { install } = await producer.enqueue(installRequest(n));
        assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
      }
    });
    const closingMs = performance.now();
    await traces.close();
    assert.ok(performance.now() - closingMs < 2500);
    if (url === gone.url) assert.deepEqual(warnings, ["traces could not be exported"]);
  }
  dripping.close();
  // Whoever made its connections has ended them.
  await once(dripping, "close", { signal: AbortSignal.timeout(3000) });
});

it("a run goes on whatever its job says of a trace", () =>
  withTraces({}, { startsPaused: true }, async ({ producer, client, keys, startAnotherWorker }) => {
    const { install } = await producer.enqueue(installRequest(1));
    const job = keys.job(install.id);
    const options: object = JSON.parse((await client.hget(job, "opts")) ?? "{}");
    await client.hset(job, "opts", JSON.stringify({ ...options, tm: "{not JSON" }));
    await startAnotherWorker();
    assert.equal((await producer.waitFor(install.id, { timeoutMs: 10_000 })).status, "completed");
  }));

it("without traces a job keeps nothing of one", () =>
  withStack({}, async ({ producer, client, keys }) => {
    const { install } = await producer.enqueue(installRequest(1));
    const options = (await client.hget(keys.ofInstall(install.id).job(install.id), "opts")) ?? "";
    assert.match(options, /"attempts"/);
    assert.doesNotMatch(options, /"(tm|omc)"/);
  }));
