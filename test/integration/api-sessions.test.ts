import assert from "node:assert/strict";
import { once } from "node:events";
import { request as rawRequest } from "node:http";
import { text } from "node:stream/consumers";
import test from "node:test";
import { z } from "zod";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { createApiClient } from "../support/api-client.ts";
import { ownPage, signIn, withCookie } from "../support/browser.ts";
import { documentedRoutes } from "../support/openapi.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { withPrivateRedis } from "./private-redis.ts";
import { keys, workspaceA } from "./tenants-fixture.ts";

const withKeys = (run: (url: string, stack: Stack) => Promise<void>): Promise<void> =>
  withStack({ startsPaused: true }, async (stack) => run((await stack.startAnApi({ keys })).url, stack));

const redisShown = ({ redisUrl }: Pick<Stack, "redisUrl">): string => redisUrl.replace(/\/$/, "");

test("a sign-in with a key answers who it is, and the cookie and the key say the same", () =>
  withKeys(async (url, stack) => {
    const { call, setCookie } = await signIn(url, " operator-key\n");
    assert.match(setCookie, /^perch_session=ey[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/);
    const expected = {
      ...{ name: "operator", scopes: ["admin"], allows: ["read", "messages", "write", "admin"] },
      ...{ version: "0.0.0-test", isSandbox: true, sandboxUrl: stack.sandbox.url, redis: redisShown(stack) },
    };
    const { endsAt, ...seen } = (await call("/v1/session")).body;
    assert.deepEqual(seen, { ...expected, signedInBy: "session" });
    const leftMs = Date.parse(String(endsAt)) - Date.now();
    assert.ok(leftMs > 43_000_000 && leftMs <= 43_200_000, String(endsAt));
    const byKey = await createApiClient(url, "operator-key")("/v1/session");
    assert.deepEqual(byKey.body, { ...expected, signedInBy: "apiKey" });
    assert.equal(byKey.headers.get("set-cookie"), null);
  }));

/** The session as a caller of this name and port sees it. */
const sessionAt = async (url: string, name: string): Promise<Readonly<Record<string, unknown>>> => {
  const { port } = new URL(url);
  const headers = { host: `${name}:${port}`, authorization: "Bearer operator-key" };
  const asked = rawRequest({ port, path: "/v1/session", headers }).end();
  const [answer] = await once(asked, "response");
  return JSON.parse(await text(answer));
};

test("the sandbox's address is told to browsers of its own machine only", () =>
  withStack({ startsPaused: true }, async ({ startAnApi, sandbox }) => {
    const here = await startAnApi({ keys });
    // As in a container, whose loopback is not that of the browser.
    const forOthers = await startAnApi({ keys, host: "0.0.0.0" });
    for (const [url, name, sandboxUrl] of [
      [here.url, "localhost", sandbox.url],
      [here.url, "perch.example", undefined],
      [forOthers.url, "127.0.0.1", undefined],
    ] as const) {
      const seen = await sessionAt(url, name);
      assert.deepEqual([seen.isSandbox, seen.sandboxUrl], [true, sandboxUrl], `${url} ${name}`);
    }
  }));

test("a key of some workspaces sees them, and not which Redis it is", () =>
  withKeys(async (url) => {
    const { body } = await (await signIn(url, "reader-a-key")).call("/v1/session");
    assert.deepEqual([body.scopes, body.allows, body.workspaces], [["read"], ["read"], [workspaceA]]);
    assert.equal("redis" in body, false);
  }));

test("without keys there is no sign-in, and the answer says so", () =>
  withStack({ startsPaused: true }, async (stack) => {
    const { url } = await stack.startAnApi();
    const call = createApiClient(url);
    for (const answer of [
      await call("/v1/session"),
      await call("/v1/session", { json: { apiKey: "any" } }),
      await withCookie(url, "perch_session=x")("/v1/session"),
    ]) {
      assert.deepEqual(answer.body, {
        ...{ name: "local", scopes: ["admin"], allows: ["read", "messages", "write", "admin"] },
        ...{
          signedInBy: "none",
          version: "0.0.0-test",
          isSandbox: true,
          sandboxUrl: stack.sandbox.url,
          redis: redisShown(stack),
        },
      });
      assert.equal(answer.headers.get("set-cookie"), null);
    }
    const foreign = { origin: "https://evil.example" };
    assert.equal((await call("/v1/session", { method: "DELETE", headers: foreign })).status, 403);
  }));

test("a wrong key, a digest and an address are refused alike, in words that quote nothing", () =>
  withKeys(async (url) => {
    const hash = Buffer.from(keys[0]?.hash ?? []).toString("hex");
    const details = new Set<string>();
    for (const apiKey of ["wrong-key", "operator", hash, "operator-key2"]) {
      const answer = await createApiClient(url)("/v1/session", { json: { apiKey } });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers.get("set-cookie"), null);
      assert.equal(answer.headers.get("www-authenticate"), 'Bearer realm="perch"');
      details.add(answer.as(problemSchema).detail);
    }
    assert.equal(details.size, 1);
    assert.doesNotMatch([...details].join(), /operator|wrong/);
    for (const json of [
      {},
      { apiKey: "" },
      { apiKey: 7 },
      { apiKey: "x".repeat(513) },
      { key: "operator-key" },
      [],
    ])
      assert.equal((await createApiClient(url)("/v1/session", { json })).status, 422, JSON.stringify(json));
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const posted = await createApiClient(url)("/v1/session", { text: "apiKey=operator-key", headers: form });
    assert.equal(posted.status, 415);
  }));

test("after ten wrong keys an address has to wait with further ones; a right key, sessions and keys go on", () =>
  withKeys(async (url) => {
    const { call } = await signIn(url, "operator-key");
    const attempt = (apiKey: string) => createApiClient(url)("/v1/session", { json: { apiKey } });
    for (let n = 0; n < 10; n += 1) assert.equal((await attempt(`wrong-${n}`)).status, 401);
    const refused = await attempt("wrong-10");
    assert.equal(refused.status, 429);
    assert.equal(refused.as(problemSchema).code, "too_many_requests");
    assert.ok(Number(refused.headers.get("retry-after")) > 50);
    assert.equal((await attempt("operator-key")).status, 200);
    assert.equal((await call("/v1/session")).status, 200);
    assert.equal((await createApiClient(url, "operator-key")("/v1/installs")).status, 200);
  }));

test("a session may do exactly what its key may", () =>
  withKeys(async (url) => {
    const routes = (await documentedRoutes(url)).filter(({ path }) => /^\/v1\/(?!session)/.test(path));
    for (const { name } of keys) {
      const [browser, program] = [await signIn(url, `${name}-key`), createApiClient(url, `${name}-key`)];
      for (const route of routes) {
        const path = route.path.replace(
          "{id}",
          route.tags.includes("workspaces") ? workspaceA : "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        );
        const byCookie = await browser.call(path, { method: route.method });
        const byKey = await program(path, { method: route.method });
        const what = `${route.name} by ${name}`;
        assert.equal(byCookie.status, byKey.status, what);
        assert.deepEqual({ ...byCookie.body, requestId: "" }, { ...byKey.body, requestId: "" }, what);
      }
    }
  }));

test("a session's requests count as its key's", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi({ keys, requestsPerSecond: 3 });
    const { call } = await signIn(url, "operator-key");
    const program = createApiClient(url, "operator-key");
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? call : program)("/v1/installs")),
    );
    assert.ok(answers.filter(({ status }) => status === 429).length >= 6);
  }));

test("a sign-out ends the session, here at once and in other processes, and has the browser drop its cookie", () =>
  withKeys(async (url, { startAnApi }) => {
    const other = await startAnApi({ keys });
    const [gone, stays] = [await signIn(url, "operator-key"), await signIn(url, "operator-key")];
    const elsewhere = withCookie(other.url, gone.cookie);
    assert.equal((await elsewhere("/v1/session")).status, 200);
    const answer = await gone.call("/v1/session", { method: "DELETE" });
    assert.deepEqual([answer.status, answer.body], [200, { signedOut: true }]);
    assert.match(
      answer.headers.get("set-cookie") ?? "",
      /^perch_session=; Max-Age=0; Path=\/; Expires=Thu, 01 Jan 1970/,
    );
    assert.equal((await gone.call("/v1/session")).status, 401);
    assert.equal((await gone.call("/v1/session", { method: "DELETE" })).status, 401);
    await until("the other process knows", async () => (await elsewhere("/v1/session")).status === 401);
    assert.equal((await stays.call("/v1/session")).status, 200);
    const later = await startAnApi({ keys });
    assert.equal((await withCookie(later.url, gone.cookie)("/v1/session")).status, 401);
    assert.equal((await withCookie(later.url, stays.cookie)("/v1/session")).status, 200);
    const byKey = await createApiClient(url, "operator-key")("/v1/session", { method: "DELETE" });
    assert.equal(byKey.status, 200);
    assert.equal((await createApiClient(url, "operator-key")("/v1/session")).status, 200);
  }));

const answerSchema = z.object({ name: z.string() });

/** Signs in by another name of the API's host, which fetch would not send. */
const signInBy = async (url: string, headers: Readonly<Record<string, string>>) => {
  const outgoing = rawRequest(`${url}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
  });
  outgoing.end(JSON.stringify({ apiKey: "operator-key" }));
  const [incoming] = await once(outgoing, "response");
  return { status: incoming.statusCode, cookies: incoming.headers["set-cookie"], body: await text(incoming) };
};

test("called by another name than loopback the cookie is Secure and of this host alone", () =>
  withKeys(async (url) => {
    for (const host of ["perch.example", "perch.example:8443", "192.168.0.7:3000"]) {
      const { status, cookies, body } = await signInBy(url, { host, origin: `https://${host}` });
      assert.equal(status, 200, host);
      assert.equal(answerSchema.parse(JSON.parse(body)).name, "operator");
      assert.match(
        cookies[0],
        /^__Host-perch_session=[\w.-]+; Max-Age=43200; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
    }
    const plain = await signInBy(url, { host: "perch.example", origin: "http://perch.example" });
    assert.equal(plain.status, 403);
    assert.match(plain.body, /use https, or 127\.0\.0\.1; a proxy has to pass Host on/);
    assert.equal(
      (await signInBy(url, { host: "perch.example:443", origin: "https://perch.example" })).status,
      200,
    );
  }));

test("sign-ins and sessions work while Redis is away", () =>
  withPrivateRedis(async (redis) =>
    withStack({ startsPaused: true, redisUrl: redis.url }, async ({ startAnApi }) => {
      const { url } = await startAnApi({ keys });
      await redis.stop();
      const { call } = await signIn(url, "operator-key");
      assert.equal((await call("/v1/session")).status, 200);
      assert.equal((await createApiClient(url)("/v1/session", { json: { apiKey: "wrong" } })).status, 401);
      assert.equal((await call("/v1/installs")).status, 503);
      assert.equal((await call("/v1/session", { method: "DELETE", headers: ownPage(url) })).status, 200);
    }),
  ));
