import assert from "node:assert/strict";
import test from "node:test";
import { SpanStatusCode } from "@opentelemetry/api";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { startTraces } from "../../src/traces/traces.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../support/otlp-receiver.ts";
import { signup, withConnect } from "./connect-fixture.ts";

const tracesTo = (collector: OtlpReceiver) =>
  startTraces({
    settings: { url: `${collector.url}/v1/traces`, headers: {}, serviceName: "test", ratio: 1 },
    sendEveryMs: 20,
    log: { warn: (facts: object) => assert.fail(JSON.stringify(facts)) },
  });

test("a second tab that is told to wait is no error of the service", async () => {
  await using collector = await startOtlpReceiver();
  const traces = tracesTo(collector);
  try {
    await withConnect({ traces }, async ({ customer }) => {
      const one = await customer();
      await one.open();
      await one.session("started");
      const finish = (n: number) => one.send("finish", signup(1, `CODE-${n}`));
      const tabs = await Promise.all(Array.from({ length: 12 }, (_, n) => finish(n)));
      const refused = tabs.filter(({ status }) => status === 409).length;
      assert.ok(refused > 0, "tabs were refused");
      const finishes = () => collector.spans.filter(({ name }) => name === "POST /v1/session/finish");
      await collector.until("every request", () => finishes().length === tabs.length);
      const kinds = finishes().map(({ attributes, status }) => [attributes["error.type"], status.code]);
      assert.equal(kinds.filter(([type]) => type === "in_progress").length, refused);
      assert.deepEqual(
        kinds.filter(([, code]) => code === SpanStatusCode.ERROR),
        [],
      );
    });
  } finally {
    await traces.close();
  }
});

test("a link is one trace from its opening over the exchange to the end of its install, without a secret", async () => {
  await using collector = await startOtlpReceiver();
  const traces = tracesTo(collector);
  try {
    await withConnect({ traces, worker: { metaPreflight: "warn" } }, async ({ customer }) => {
      const one = await customer();
      const stranger = await customer();
      const code = "CODE-CANARY-OF-A-TRACE";
      assert.equal((await stranger.send("open", { secret: one.secret })).status, 404);
      await one.open();
      await one.open();
      await one.session("started");
      await one.session("cancelled", { step: "A" });
      await one.session("started");
      await one.session("finish", signup(1, code));
      await one.until("connected");
      await collector.until("the end", (spans) => spans.some(({ name }) => name === "complete installs"));
      await collector.until("the event", (spans) =>
        spans.some(({ name }) => name === "POST /webhooks/bird/:workspaceId"),
      );
      const { spans } = collector;
      assert.deepEqual([...new Set(spans.map(({ name }) => name))].sort(), [
        ...["GET debug_token", "GET oauth/access_token", "GET phone_number", "GET phone_numbers"],
        ...["POST /v1/session/cancelled", "POST /v1/session/finish", "POST /v1/session/open"],
        ...["POST /v1/session/started", "POST /webhooks/bird/:workspaceId", "POST connectors"],
        ...["complete installs", "enqueue install", "process installs"],
      ]);
      assert.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1, "one trace");
      const ids = new Set(spans.map(({ spanId }) => spanId));
      const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined || !ids.has(parentSpanId));
      assert.deepEqual(
        roots.map(({ name, attributes }) => [name, attributes["perch.connect_link.id"]]),
        [["POST /v1/session/open", one.id]],
      );
      const [finish] = spans.filter(({ name }) => name === "POST /v1/session/finish");
      for (const name of ["GET oauth/access_token", "enqueue install"])
        assert.equal(spans.find((span) => span.name === name)?.parentSpanId, finish?.spanId, name);
      for (const secret of [code, metaTokenOf(code), one.secret, stranger.secret, "4155550101"])
        assert.ok(!collector.bodies.join().includes(secret), secret);
    });
  } finally {
    await traces.close();
  }
});
