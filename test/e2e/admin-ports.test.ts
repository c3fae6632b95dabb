import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import test from "node:test";
import { createProducer } from "../../src/producer/producer.ts";
import { generateSealingKey } from "../../src/queue/secrets/seal.ts";
import { startSandbox } from "../../src/sandbox/sandbox.ts";
import { withPrivateRedis } from "../integration/private-redis.ts";
import { withPerchFolder } from "../support/perch.ts";
import { installRequest } from "../support/request.ts";
import { until } from "../support/until.ts";

/** The address of the admin server, from the log. */
const adminUrl = (printed: string): string =>
  /"admin":"([^"]+)"/.exec(printed)?.[1] ?? assert.fail("it says where");

const get = async (url: string): Promise<{ status: number; text: string }> => {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
};

test("a worker shows what it does on a port of its own, and a second one says which setting to change", () =>
  withPrivateRedis(async ({ url }) => {
    await using opened = new AsyncDisposableStack();
    const sandbox = await startSandbox({});
    opened.defer(() => sandbox.close());
    const sealingKeys = generateSealingKey();
    const producer = await createProducer({ redisUrl: url, sealingKeys });
    opened.defer(() => producer.close());
    await withPerchFolder(async ({ run }) => {
      const env = {
        REDIS_URL: url,
        SEALING_KEYS: sealingKeys,
        BIRD_API_URL: sandbox.url,
        BIRD_ACCESS_KEY: sandbox.accessKey,
        CHANNEL_FIRST_POLL_MS: "100",
      };
      const worker = run(["worker"], { env });
      const admin = adminUrl(await worker.prints(/worker runs/));
      assert.match(admin, /^http:\/\/127\.0\.0\.1:/);
      assert.equal((await get(`${admin}/healthz`)).status, 200);
      assert.equal((await get(`${admin}/readyz`)).status, 200);
      const { install } = await producer.enqueue(installRequest(1));
      await producer.waitFor(install.id, { timeoutMs: 20_000 });
      await until("the end is counted", async () => {
        const { text } = await get(`${admin}/metrics`);
        return text.includes('perch_installs_total{outcome="completed"} 1') && text.includes("process_cpu_");
      });

      const { port } = new URL(admin);
      const second = run(["worker"], { env: { ...env, WORKER_PORT: port } });
      const { code, stderr } = await second.ended;
      assert.equal(code, 1);
      const sentence = `Port ${port} is taken by another process: set WORKER_PORT to a free one, or WORKER_PORT=0 for any.`;
      assert.equal(stderr.trim().split("\n").at(-1), sentence);
      assert.doesNotMatch(stderr, /\n\s+at /);
    });
  }));

test("a webhook process shows metrics on its admin port and none where Bird calls", () =>
  withPrivateRedis(({ url }) =>
    withPerchFolder(async ({ run }) => {
      const env = { REDIS_URL: url, WEBHOOK_PORT: "0", WEBHOOK_SIGNING_KEYS: "a-key-nobody-signs-with" };
      const printed = await run(["webhook"], { env }).prints(/webhook service runs/);
      const admin = adminUrl(printed);
      const open = /"url":"([^"]+)"/.exec(printed)?.[1] ?? "";
      await fetch(`${open}/webhooks/bird`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: "{}",
      });
      const { status, text } = await get(`${admin}/metrics`);
      assert.equal(status, 200);
      assert.match(text, /^perch_webhook_refused_total\{reason="no_signature"\} 1$/m);
      assert.match(text, /^perch_redis_up 1$/m);
      assert.equal((await get(`${admin}/readyz`)).status, 200);
      assert.equal((await get(`${open}/metrics`)).status, 404);
    }),
  ));

test("perch start shows all of it on the API, and names the setting of a port that is taken", () =>
  withPrivateRedis(({ url }) =>
    withPerchFolder(async ({ run }) => {
      const env = {
        REDIS_URL: url,
        SEALING_KEYS: generateSealingKey(),
        API_PORT: "0",
        WEBHOOK_PORT: "0",
        SANDBOX_PORT: "0",
        CONNECT_PORT: "0",
      };
      const printed = await run(["start"], { env }).prints(/Ctrl-C/);
      const metricsUrl = /(http:\S+\/metrics)\)/.exec(printed)?.[1] ?? "";
      const { text } = await get(metricsUrl);
      for (const name of ["perch_worker_running 1", "perch_redis_up 1", "perch_webhook_seconds_count 0"])
        assert.ok(text.includes(`\n${name}\n`), name);
      assert.match(text, /^perch_notifications_total\{result="delivered"\} 0$/m);
      assert.match(text, /^perch_runs\{state="waiting"\} 0$/m);

      const taken = createServer().listen(0, "127.0.0.1");
      await once(taken, "listening");
      try {
        const address = taken.address();
        const port = typeof address === "object" && address !== null ? String(address.port) : "";
        for (const setting of ["API_PORT", "WEBHOOK_PORT", "SANDBOX_PORT", "CONNECT_PORT"]) {
          const { code, stderr } = await run(["start"], { env: { ...env, [setting]: port } }).ended;
          assert.equal(code, 1);
          assert.ok(stderr.includes(`Port ${port} is taken by another process: set ${setting} to`), stderr);
        }
        const { stderr } = await run(["sandbox"], { env: { ...env, SANDBOX_PORT: port } }).ended;
        assert.ok(stderr.includes(`Port ${port} is taken by another process: set SANDBOX_PORT to`), stderr);
      } finally {
        taken.close();
      }
    }),
  ));
