import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import test from "node:test";
import { workspaceSigningKey } from "../../src/bird/signature.ts";
import { installSchema } from "../../src/install/install.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { createApiClient } from "../support/api-client.ts";
import { startOtlpReceiver } from "../support/otlp-receiver.ts";
import { withPerchFolder } from "../support/perch.ts";
import { installRequest } from "../support/request.ts";

const tellModules = new URL("../support/tell-modules.mjs", import.meta.url).href;
const signingSecret = "e2e-signing-secret";
const accessToken = "EAAG-E2E-CANARY-TOKEN";
const urlIn = (printed: string): string => /"url":"([^"]+)"/.exec(printed)?.[1] ?? assert.fail(printed);

/** The packages a process said it has loaded. */
const loaded = (printed: string): string[] =>
  [...printed.matchAll(/^loaded (\S+)$/gm)].map(([, name = ""]) => name).sort();

/** Takes notifications. */
const startListener = async () => {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(204).end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/told`,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

test("an install is one trace across the processes that carry it out, up to its notification", () =>
  withPrivateRedis(({ url: redisUrl }) =>
    withPerchFolder(async ({ run }) => {
      await using opened = new AsyncDisposableStack();
      const collector = opened.use(await startOtlpReceiver());
      const listener = await startListener();
      opened.defer(listener.close);
      const env = {
        REDIS_URL: redisUrl,
        SEALING_KEYS: generateSealingKey(),
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20secret",
        NODE_OPTIONS: `--import=${tellModules}`,
        WEBHOOK_PORT: "0",
        API_PORT: "0",
        WEBHOOK_SIGNING_SECRET: signingSecret,
        NOTIFY_URL: listener.url,
        NOTIFY_SECRET: `whsec_${randomBytes(32).toString("base64")}`,
        NOTIFY_ALLOW_PRIVATE: "true",
      };
      const webhook = run(["webhook"], { env });
      const webhookUrl = urlIn(await webhook.prints(/webhook service runs/));
      const sandbox = await startSandbox({
        channelDelayMs: 20,
        subscribeAll: {
          url: `${webhookUrl}/webhooks/bird/{workspaceId}`,
          signingKey: (workspaceId) => workspaceSigningKey(signingSecret, workspaceId),
          events: ["channel.created"],
        },
      });
      opened.defer(() => sandbox.close());
      const bird = { BIRD_API_URL: sandbox.url, BIRD_ACCESS_KEY: sandbox.accessKey };
      const api = run(["api"], { env: { ...env, ...bird } });
      const worker = run(["worker"], { env: { ...env, ...bird } });
      const call = createApiClient(urlIn(await api.prints(/API runs/)));
      const workerPrinted = await worker.prints(/worker runs/);
      const answer = await call("/v1/installs", { json: installRequest(1, { accessToken }) });
      const { id } = answer.as(installSchema);
      const spans = await collector.until("the notification and the event", (all) =>
        [
          "POST notification",
          "complete installs",
          "POST /webhooks/bird/:workspaceId",
          "POST /v1/installs",
        ].every((wanted) => all.some(({ name }) => name === wanted)),
      );
      const [request] = spans.filter(({ name }) => name === "POST /v1/installs");
      const ofTrace = spans.filter(({ traceId }) => traceId === request?.traceId);
      const seen = ofTrace.map(({ service, name }) => `${service}: ${name}`).sort();
      assert.deepEqual(seen, [
        "perch-api: POST /v1/installs",
        "perch-api: enqueue install",
        "perch-webhook: POST /webhooks/bird/:workspaceId",
        "perch-worker: POST connectors",
        "perch-worker: POST notification",
        "perch-worker: complete installs",
        "perch-worker: process installs",
        "perch-worker: process installs",
      ]);
      const ids = new Set(ofTrace.map(({ spanId }) => spanId));
      const loose = ofTrace.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ""));
      assert.deepEqual(loose, [request]);
      assert.ok(ofTrace.some(({ attributes }) => attributes["perch.install.id"] === id));
      assert.ok(collector.headers.every((headers) => headers["x-key"] === "a secret"));
      assert.ok(!collector.bodies.join().includes("CANARY"));
      assert.ok(loaded(workerPrinted).includes("@opentelemetry/sdk-trace"));
    }),
  ));

test("without a collector no process loads anything of OpenTelemetry but its API", () =>
  withPrivateRedis(({ url }) =>
    withPerchFolder(async ({ run }) => {
      const env = {
        REDIS_URL: url,
        SEALING_KEYS: generateSealingKey(),
        NODE_OPTIONS: `--import=${tellModules}`,
        API_PORT: "0",
        WEBHOOK_PORT: "0",
        SANDBOX_PORT: "0",
        CONNECT_PORT: "0",
      };
      const printed = await run(["start"], { env }).prints(/Ctrl-C/);
      assert.deepEqual(loaded(printed), ["@opentelemetry/api"]);
    }),
  ));
