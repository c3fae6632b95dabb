import assert from "node:assert/strict";
import { once } from "node:events";
import { request as rawRequest } from "node:http";
import test from "node:test";
import { fastify } from "fastify";
import { ApiKeysMissingError } from "../../src/api/api.ts";
import { guardAccess } from "../../src/api/auth/access.ts";
import { type ApiKey, hashApiKey, type Scope } from "../../src/api/auth/api-keys.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { createApiClient } from "../support/api-client.ts";
import { documentedRoutes } from "../support/openapi.ts";
import { installRequest, workspaceId } from "../support/request.ts";
import { type Stack, withStack } from "../support/stack.ts";

const keyOf = (name: string, ...scopes: Scope[]): ApiKey => ({
  name,
  hash: hashApiKey(`${name}-key`),
  scopes,
});
const keys = [
  keyOf("reader", "read"),
  keyOf("writer", "write"),
  keyOf("boss", "admin"),
  keyOf("both", "read", "write"),
  keyOf("sender", "messages"),
];

const withKeys = (run: (url: string, stack: Stack) => Promise<void>): Promise<void> =>
  withStack({ startsPaused: true }, async (stack) => run((await stack.startAnApi({ keys })).url, stack));

/** What each scope may, written down once more: `METHOD path` to the scope it needs. */
const needed: Readonly<Record<string, Scope>> = {
  "POST /v1/installs": "write",
  "GET /v1/installs": "read",
  "GET /v1/installs/{id}": "read",
  "GET /v1/installs/{id}/events": "read",
  "POST /v1/installs/retry": "write",
  "POST /v1/installs/cancel": "write",
  "POST /v1/installs/{id}/retry": "write",
  "POST /v1/installs/{id}/cancel": "write",
  "POST /v1/installs/{id}/test-message": "messages",
  "DELETE /v1/installs/{id}/connector": "admin",
  "POST /v1/batches": "write",
  "GET /v1/batches": "read",
  "GET /v1/batches/{id}": "read",
  "GET /v1/batches/{id}/results": "read",
  "GET /v1/batches/{id}/events": "read",
  "GET /v1/batches/{id}/rows": "read",
  "POST /v1/batches/{id}/retry": "write",
  "POST /v1/batches/{id}/pause": "write",
  "POST /v1/batches/{id}/resume": "write",
  "POST /v1/batches/{id}/cancel": "write",
  "POST /v1/connect-links": "write",
  "GET /v1/connect-links": "read",
  "GET /v1/connect-links/{id}": "read",
  "DELETE /v1/connect-links/{id}": "write",
  "GET /v1/workspaces/{id}": "read",
  "GET /v1/workspaces": "read",
  "POST /v1/workspaces/{id}/prepare": "admin",
  "PUT /v1/workspaces/{id}/access-key": "admin",
  "DELETE /v1/workspaces/{id}/access-key": "admin",
  "POST /v1/workspaces/{id}/resume": "admin",
  "GET /v1/events": "read",
  "GET /v1/events/unmatched": "read",
  "GET /v1/events/unreadable": "read",
  "GET /v1/doctor": "admin",
  "GET /v1/stats": "read",
  "GET /v1/stats/events": "read",
  "GET /v1/notifications": "read",
  "GET /v1/notifications/{id}": "read",
  "POST /v1/notifications/{id}/resend": "admin",
  "GET /v1/notifications/receivers": "read",
  "POST /v1/notifications/resend": "admin",
  "POST /v1/notifications/test": "write",
};

/** And what each scope includes. */
const included: Readonly<Record<Scope, readonly Scope[]>> = {
  read: ["read"],
  messages: ["messages"],
  write: ["read", "messages", "write"],
  admin: ["read", "messages", "write", "admin"],
};

/** Every route under /v1 that needs a scope, with ids that are well formed. */
const guardedRoutes = async (url: string) => {
  const routes = (await documentedRoutes(url)).filter(
    ({ path }) => path.startsWith("/v1/") && path !== "/v1/session",
  );
  assert.deepEqual(routes.map(({ name }) => name).sort(), Object.keys(needed).sort());
  return routes.map(({ name, method, path }) => {
    const id = path.includes("workspaces") ? workspaceId : "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    const at = path.replace("{id}", id);
    const ask = (key?: string) => createApiClient(url, key)(at, { method });
    return { name, scope: needed[name] ?? "admin", ask };
  });
};

test("no route answers without a key, or with an unknown one", () =>
  withKeys(async (url) => {
    for (const { name, ask } of await guardedRoutes(url)) {
      for (const [key, challenge] of [
        [undefined, 'Bearer realm="perch"'],
        ["nobody-key", 'Bearer realm="perch", error="invalid_token"'],
        ["reader-key2", 'Bearer realm="perch", error="invalid_token"'],
      ] as const) {
        const refused = await ask(key);
        assert.equal(refused.status, 401, `${name} ${key}`);
        assert.equal(refused.as(problemSchema).code, "unauthenticated");
        assert.equal(refused.headers.get("www-authenticate"), challenge);
      }
    }
  }));

test("every route wants its scope, and a refusal names it", () =>
  withKeys(async (url) => {
    for (const { name, scope, ask } of await guardedRoutes(url)) {
      for (const held of keys) {
        const isEnough = held.scopes.some((each) => included[each].includes(scope));
        const answer = await ask(`${held.name}-key`);
        assert.equal(answer.status === 403, !isEnough, `${name} with ${held.name}: ${answer.status}`);
        assert.notEqual(answer.status, 401);
        if (isEnough) continue;
        const { code, detail } = answer.as(problemSchema);
        assert.equal(code, "forbidden");
        assert.match(detail, new RegExp(`scope ${scope}`));
        assert.match(answer.headers.get("www-authenticate") ?? "", new RegExp(`scope="${scope}"`));
      }
    }
  }));

test("a key is a Bearer token and nothing else", () =>
  withKeys(async (url) => {
    const call = createApiClient(url);
    const ask = async (authorization: string) =>
      (await call("/v1/installs", { headers: { authorization } })).status;
    assert.equal(await ask("Bearer reader-key"), 200);
    assert.equal(await ask("bearer reader-key"), 200);
    for (const other of [
      "reader-key",
      "Basic reader-key",
      "Bearer",
      "Bearer reader-key x",
      "Bearer reader",
      "Bearer READER-KEY",
    ])
      assert.equal(await ask(other), 401, other);
    const hash = Buffer.from(keys[0]?.hash ?? []).toString("hex");
    assert.equal(await ask(`Bearer ${hash}`), 401, "the digest is no key");
    assert.equal((await call("/v1/installs?api_key=reader-key")).status, 401);
  }));

test("a refusal does not reveal whether the request was well formed", () =>
  withKeys(async (url) => {
    const answer = await createApiClient(url)("/v1/installs", {
      text: "{",
      headers: { "content-type": "application/json" },
    });
    assert.equal(answer.status, 401);
  }));

/** Reads the answer to its end, so that its connection is free. */
const statusOf = async (url: string | URL): Promise<number> => {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
};

test("health, the document and its pages are open, and the pages need nothing from elsewhere", () =>
  withKeys(async (url) => {
    for (const path of ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/", "/docs/json"])
      assert.equal(await statusOf(url + path), 200, path);
    const page = await fetch(`${url}/docs/`);
    const html = await page.text();
    const addresses = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = ""]) => address);
    assert.ok(addresses.length > 4);
    for (const address of addresses) {
      const asset = new URL(address, `${url}/docs/`);
      assert.equal(asset.origin, url, address);
      assert.equal(await statusOf(asset), 200, address);
    }
    const policy = page.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /https?:|\*|script-src[^;]*unsafe/);
    const script = await (await fetch(`${url}/docs/static/swagger-initializer.js`)).text();
    assert.doesNotMatch(script.replaceAll(/https:\/\/(stackoverflow|github)\S+/g, ""), /https?:\/\//);
  }));

test("without keys the API listens on loopback only", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    for (const host of ["0.0.0.0", "::", "192.168.0.1", "example.com"])
      await assert.rejects(startAnApi({ host }), ApiKeysMissingError);
    const api = await startAnApi({ host: "localhost" });
    assert.equal((await createApiClient(api.url)("/v1/installs")).status, 200);
    await startAnApi({ host: "0.0.0.0", keys });
  }));

/** One request with headers that fetch would not send. */
const send = async (url: string, headers: Record<string, string>, method = "GET"): Promise<number> => {
  const outgoing = rawRequest(url, { method, headers });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  incoming.resume();
  return incoming.statusCode;
};

test("without keys no other name and no page of another site gets in", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi();
    const { host, port } = new URL(url);
    const list = `${url}/v1/installs`;
    for (const name of [host, `localhost:${port}`, `[::1]:${port}`, "127.0.0.2"])
      assert.equal(await send(list, { host: name }), 200, name);
    for (const name of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "127.0.0.1@evil.example",
      "0.0.0.0",
    ])
      assert.equal(await send(list, { host: name }), 403, name);
    const resume = `${url}/v1/workspaces/${workspaceId}/resume`;
    assert.equal(await send(resume, { host }, "POST"), 200);
    assert.equal(await send(resume, { host, origin: url, "sec-fetch-site": "same-origin" }, "POST"), 200);
    for (const foreign of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `http://localhost:1` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ])
      assert.equal(await send(resume, { host, ...foreign }, "POST"), 403, JSON.stringify(foreign));
    const preflight = await fetch(list, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    assert.equal(preflight.headers.get("access-control-allow-origin"), null);
  }));

test("with keys the name it is called by does not matter", () =>
  withKeys(async (url) => {
    const headers = { host: "perch.example", authorization: "Bearer reader-key" };
    assert.equal(await send(`${url}/v1/installs`, headers), 200);
  }));

test("a key has a limit of its own, and open routes have none", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { url } = await startAnApi({ keys, requestsPerSecond: 3 });
    const [reader, boss] = [createApiClient(url, "reader-key"), createApiClient(url, "boss-key")];
    const answers = await Promise.all(Array.from({ length: 12 }, () => reader("/v1/installs")));
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length >= 6, `${limited.length} were refused`);
    const [first] = limited;
    assert.equal(first?.as(problemSchema).code, "too_many_requests");
    assert.equal(first?.headers.get("retry-after"), "1");
    assert.equal((await boss("/v1/installs")).status, 200);
    for (let n = 0; n < 10; n += 1) assert.equal((await reader("/healthz")).status, 200);
    const wrong = await Promise.all(Array.from({ length: 10 }, () => createApiClient(url)("/v1/installs")));
    assert.ok(wrong.every(({ status }) => status === 401));
  }));

const sessions = { find: () => Promise.resolve(undefined) };

test("a route without a scope, or an open one under /v1, cannot be registered", () => {
  for (const [path, config] of [
    ["/v1/new", {}],
    ["/v1/new", { scope: "open" }],
    ["/metrics", {}],
  ] as const) {
    const server = fastify();
    guardAccess(server, { keys, sessions });
    assert.throws(() => server.get(path, { config }, () => "x"), /names no scope/);
  }
});

test("a route that does not say what a key for some workspaces may do with it cannot be registered", () => {
  const server = fastify();
  guardAccess(server, { keys, sessions });
  assert.throws(() => server.get("/v1/new", { config: { scope: "read" } }, () => "x"), /names no reach/);
  server.get("/v1/other", { config: { scope: "read", reach: "fleet" } }, () => "x");
  server.get("/open", { config: { scope: "open" } }, () => "x");
});

test("every answer has its request's id, the caller's own if it is fit for a log", () =>
  withKeys(async (url) => {
    const call = createApiClient(url, "reader-key");
    const given = await call("/v1/installs/nobody", { headers: { "request-id": "job-7.a" } });
    assert.equal(given.headers.get("request-id"), "job-7.a");
    assert.equal(given.as(problemSchema).requestId, "job-7.a");
    for (const unfit of ["a b", "<x>", "x".repeat(129)]) {
      const made = await call("/v1/installs", { headers: { "request-id": unfit } });
      assert.match(made.headers.get("request-id") ?? "", /^[0-9a-f-]{36}$/);
    }
  }));

test("answers carry headers that keep browsers from making anything of them", () =>
  withKeys(async (url) => {
    for (const path of ["/v1/installs", "/nowhere", "/v1/installs/%ff", "/v1/batches", "/healthz"]) {
      const { headers } = await createApiClient(url, "reader-key")(path);
      assert.equal(headers.get("cache-control"), "no-store", path);
      if (path.endsWith("%ff")) continue;
      assert.equal(headers.get("x-content-type-options"), "nosniff", path);
      assert.match(headers.get("content-security-policy") ?? "", /default-src 'none'/, path);
      assert.equal(headers.get("access-control-allow-origin"), null, path);
    }
  }));

test("a write key installs", () =>
  withKeys(async (url) => {
    const answer = await createApiClient(url, "both-key")("/v1/installs", { json: installRequest(1) });
    assert.equal(answer.status, 202);
  }));
