import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { contentOf } from "../support/content-of.ts";
import { monitorRedis } from "../support/redis-monitor.ts";
import { storedNames } from "../support/stored-names.ts";
import { until } from "../support/until.ts";
import { signup, withConnect } from "./connect-fixture.ts";
import { withPrivateRedis } from "./private-redis.ts";

test("only pages of the service and of hosts it sends customers to may use links", () =>
  withConnect({ startsPaused: true }, async ({ url, customer }) => {
    const one = await customer();
    const port = new URL(url).port;
    for (const origin of [url, `http://localhost:${port}`, "https://app.example.com"]) {
      const { status, headers } = await one.send("open", {}, { origin });
      assert.deepEqual([status, headers.get("access-control-allow-origin")], [200, origin]);
    }
    for (const origin of [
      ...["http://app.example.com", "https://app.example.com:8443", "https://app.example.com.evil.example"],
      ...["https://evil.example", "null", `https://127.0.0.1:${port}`, "http://localhost:1", "", `${url}/`],
    ]) {
      const { status, text, headers } = await one.send("open", {}, { origin });
      assert.equal(status, 403, origin);
      assert.match(text, /"code":"cross_site"/);
      assert.equal(headers.get("access-control-allow-origin"), null, origin);
    }
    assert.equal((await one.send("open", {}, {})).status, 403, "no origin at all");
    const preflight = await fetch(`${url}/v1/session/open`, {
      method: "OPTIONS",
      headers: { origin: "https://app.example.com", "access-control-request-method": "POST" },
    });
    assert.deepEqual(
      [preflight.status, preflight.headers.get("access-control-allow-methods")],
      [204, "POST"],
    );
    assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
  }));

test("what strangers send badly is refused with a problem that quotes nothing of it", () =>
  withConnect({ startsPaused: true }, async ({ url, customer }) => {
    const one = await customer();
    const post = async (path: string, body: string, type = "application/json") => {
      const headers = { origin: url, "content-type": type };
      const response = await fetch(url + path, { method: "POST", headers, body });
      return { status: response.status, text: await response.text() };
    };
    const good = { link: one.id, secret: one.secret };
    for (const [path, body, status, type] of [
      ["/v1/session/open", "{CANARY", 400, undefined],
      ["/v1/session/open", JSON.stringify({ ...good, secret: 7 }), 422, undefined],
      ["/v1/session/open", JSON.stringify({ link: one.id }), 422, undefined],
      ["/v1/session/open", JSON.stringify(["CANARY"]), 422, undefined],
      ["/v1/session/open", "link=CANARY", 415, "text/plain"],
      ["/v1/session/open", JSON.stringify({ ...good, x: "CANARY".repeat(2000) }), 413, undefined],
      ["/v1/session/finish", JSON.stringify({ ...good, code: "CANARY", wabaId: "x", event: "FINISH" }), 422],
      ["/v1/session/finish", JSON.stringify({ ...good, code: "", wabaId: "1", event: "FINISH" }), 422],
      ["/v1/session/cancelled", JSON.stringify({ ...good, step: "<script>CANARY" }), 422, undefined],
      ["/v1/session/other", JSON.stringify(good), 405, undefined],
      ["/v1/other", JSON.stringify(good), 404, undefined],
    ] as const) {
      const refused = await post(path, body, type);
      assert.equal(refused.status, status, `${path} ${body.slice(0, 80)} ${refused.text}`);
      assert.ok(!refused.text.includes("CANARY"), refused.text);
      assert.equal(JSON.parse(refused.text).status, status);
    }
    assert.equal((await fetch(`${url}/v1/session/open`, { headers: { origin: url } })).status, 405);
    assert.equal((await fetch(`${url}/v1/session/open`)).status, 403);
  }));

test("answers are stored nowhere and framed nowhere, and the page names Meta's hosts only for itself", () =>
  withConnect({ startsPaused: true }, async ({ url, customer }) => {
    const one = await customer();
    const { headers } = await one.send("open");
    assert.equal(headers.get("cache-control"), "no-store");
    assert.equal(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    const page = await fetch(`${url}/c/${one.id}`);
    assert.match(page.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
    assert.equal(page.headers.get("cross-origin-opener-policy"), "same-origin-allow-popups");
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    assert.equal((await fetch(`${url}/metrics`)).status, 404);
  }));

test("one address is limited after a burst, and one behind a proxy is not taken for it", () =>
  withConnect({ startsPaused: true }, async ({ customer, stack }) => {
    const one = await customer();
    const startMs = performance.now();
    const many = await Promise.all(Array.from({ length: 120 }, () => one.send("status")));
    const refused = many.filter(({ status }) => status === 429);
    // 60 at once, and 10 a second while they come in.
    const allowed = 60 + Math.ceil((performance.now() - startMs) / 100);
    assert.ok(refused.length >= 120 - allowed && refused.length < 80, `${refused.length}`);
    assert.ok(refused.length > 0, "the machine is too slow to send 120 requests before 60 more are allowed");
    assert.ok(Number(refused[0]?.headers.get("retry-after")) >= 1);
    const { url } = await stack.startAConnect({ proxyHops: 1 });
    const statuses = await Promise.all(
      Array.from({ length: 120 }, async (_, n) => {
        const response = await fetch(`${url}/v1/session/status`, {
          method: "POST",
          headers: {
            origin: url,
            "content-type": "application/json",
            // The first is what a client made up; the last is what the proxy saw.
            "x-forwarded-for": `9.9.9.9, 10.0.0.${n % 60}`,
          },
          body: JSON.stringify({ link: one.id, secret: one.secret }),
        });
        return response.status;
      }),
    );
    assert.ok(statuses.every((status) => status === 200));
  }));

test("a flood of made-up links costs Redis no command", () =>
  withPrivateRedis(async ({ url: redisUrl }) => {
    await withConnect({ redisUrl, startsPaused: true }, async ({ url, customer, stack }) => {
      const one = await customer();
      assert.equal((await one.send("open")).status, 200);
      await using monitor = await monitorRedis(redisUrl);
      const count = 50;
      const answers = await Promise.all(
        Array.from({ length: count }, async () => {
          const response = await fetch(`${url}/v1/session/open`, {
            method: "POST",
            headers: { origin: url, "content-type": "application/json" },
            body: JSON.stringify({ link: one.id, secret: randomBytes(30).toString("base64url") }),
          });
          return response.status;
        }),
      );
      assert.ok(
        answers.every((status) => status === 404),
        answers.join(),
      );
      const lines = monitor.lines().filter((line) => /connect:|perchLink|evalsha/i.test(line));
      assert.deepEqual(lines, []);
      const { text } = await stack.metrics.expose();
      assert.match(text, /perch_connect_refused_total\{reason="not_found"\} 50/);
      assert.equal((await one.send("status")).status, 200);
      await until("the monitor has seen the good one", async () =>
        monitor.lines().some((line) => line.includes("connect:link")),
      );
    });
  }));

test("neither code, token nor secret of a link are in Redis, in the log or in a notification", async () => {
  const lines: string[] = [];
  const stem = `CANARY${randomBytes(6).toString("hex")}`;
  await withConnect({ onLogLine: (line) => lines.push(line) }, async ({ customer, stack }) => {
    const one = await customer({ callbackUrl: "https://receiver.example/" });
    await one.open();
    await one.session("finish", { ...signup(1), code: "expired", event: "FINISH" });
    await one.open();
    await one.session("finish", signup(1, stem));
    await one.until("connected");
    const traces = [stem, metaTokenOf(stem), one.secret, one.secret.slice(0, 24)];
    const { client, keys } = stack;
    const names = await storedNames(client, keys);
    assert.ok(
      names.some((name) => name.includes("connect:link")) &&
        names.some((name) => name.includes("idempotency")),
    );
    await until("it is notified of", async () => (await client.zcard(keys.notifications)) >= 2);
    for (const name of await storedNames(client, keys)) {
      const content = `${name} ${JSON.stringify(await contentOf(client, name))}`;
      for (const trace of traces) assert.ok(!content.includes(trace), name);
    }
    const log = lines.join("\n");
    assert.match(log, /connect signup finished/);
    assert.match(log, /connect signup failed/);
    for (const trace of traces) assert.ok(!log.includes(trace), trace);
    const ofConnect = lines.filter((line) => line.includes("connect signup"));
    for (const line of ofConnect) assert.ok(!line.includes(signup(1).phoneId), line);
  });
});

test("links are answered with 503 while Redis is unreachable", () =>
  withPrivateRedis(async ({ url: redisUrl, stop }) => {
    await withConnect({ redisUrl, startsPaused: true }, async ({ customer }) => {
      const one = await customer();
      await stop();
      const { status, text, headers } = await one.send("open");
      assert.equal(status, 503, text);
      assert.ok(Number(headers.get("retry-after")) > 0);
    });
  }));
