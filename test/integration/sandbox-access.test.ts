import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { buildSandbox } from "../../src/sandbox/app.ts";
import { createBody, openSandbox, otherWorkspaceId, phoneIdOf, workspaceId } from "./sandbox-fixture.ts";

const path = `/workspaces/${workspaceId}/connectors`;

test("a call without the access key is refused with 401 before its body is read", async (t) => {
  const sandbox = await openSandbox(t, { accessKey: "the-key" });
  for (const authorization of ["", "the-key", "Bearer the-key", "AccessKey another"]) {
    const { status, json } = await sandbox.call("POST", path, { rawBody: "{", headers: { authorization } });
    assert.equal(status, 401);
    assert.deepEqual(json, { code: "Unauthorized", message: "The access key is missing or not valid" });
  }
  const given = await sandbox.create(0, { headers: { authorization: "AccessKey the-key" } });
  assert.equal(given.status, 201);
});

test("access key and organization are made at random unless given", async (t) => {
  const first = await openSandbox(t);
  const second = await openSandbox(t);
  assert.notEqual(first.accessKey, second.accessKey);
  assert.notEqual(first.organizationId, second.organizationId);
});

test("any UUID is a workspace, in any letter case, and nothing else is", async (t) => {
  const sandbox = await openSandbox(t);
  const { status, body } = await sandbox.create(1, { workspaceId: workspaceId.toUpperCase() });
  assert.equal(status, 201);
  assert.equal((await sandbox.call("GET", `${path}/${body.id.toUpperCase()}`)).status, 200);
  assert.deepEqual(Object.keys(sandbox.report().creates), [`${workspaceId}/${phoneIdOf(1)}`]);
  const refused = await sandbox.create(1, { workspaceId: "ws_1" });
  assert.equal(refused.status, 404);
  assert.deepEqual(refused.json, {
    code: "ResourceNotFound",
    message: "The requested resource does not exist",
  });
});

test("routes Bird does not have answer its 404", async (t) => {
  const sandbox = await openSandbox(t);
  for (const [method, unknown] of [
    ["GET", "/"],
    ["GET", `${path}/`],
    ["PATCH", path],
    ["PUT", `${path}/${otherWorkspaceId}`],
    ["GET", "/sandbox/unknown"],
    ["GET", `/workspaces/${"x".repeat(200)}/connectors`],
  ] as const) {
    const { status, json } = await sandbox.call(method, unknown);
    assert.equal(status, 404, unknown);
    assert.deepEqual(json, { code: "ResourceNotFound", message: "The requested resource does not exist" });
  }
});

test("what cannot be read is refused in Bird's error shape", async (t) => {
  const sandbox = await openSandbox(t);
  const malformed = { code: "BadRequest", message: "The request could not be read" };
  for (const rawBody of ['{"name":', "nothing", '{"__proto__":{}}']) {
    const { status, json } = await sandbox.call("POST", path, { rawBody });
    assert.equal(status, 400);
    assert.deepEqual(json, malformed);
  }
  const badPath = await sandbox.call("GET", "/workspaces/%zz/connectors");
  assert.equal(badPath.status, 400);
  assert.deepEqual(badPath.json, malformed);

  const form = { rawBody: "a=b", headers: { "content-type": "text/plain" } };
  const typed = await sandbox.call("POST", path, form);
  assert.equal(typed.status, 415);
  assert.equal(typed.body.code, "UnsupportedMediaType");

  const large = await sandbox.call("POST", path, { body: createBody(0, { name: "x".repeat(2 ** 21) }) });
  assert.equal(large.status, 413);
  assert.equal(large.body.code, "PayloadTooLarge");
});

test("a workspace's posts and gets are limited apart, and a second later there is room again", async (t) => {
  let nowMs = 1_000_000;
  const sandbox = await openSandbox(t, { now: () => nowMs, postsPerSecond: 3, getsPerSecond: 2 });
  const creates = async () => [(await sandbox.create()).status, (await sandbox.create()).status];
  assert.deepEqual([...(await creates()), ...(await creates())], [201, 201, 201, 429]);

  const refused = await sandbox.create();
  assert.deepEqual(refused.json, { code: "TooManyRequests", message: "Too Many Requests" });
  assert.equal(refused.headers["retry-after"], undefined);
  assert.equal((await sandbox.create(0, { workspaceId: otherWorkspaceId })).status, 201);

  const gets = [
    await sandbox.call("GET", path),
    await sandbox.call("GET", path),
    await sandbox.call("GET", path),
  ];
  assert.deepEqual(
    gets.map(({ status }) => status),
    [200, 200, 429],
  );

  nowMs += 400;
  assert.deepEqual(await creates(), [201, 429]);
  nowMs += 60_000;
  assert.deepEqual([...(await creates()), ...(await creates())], [201, 201, 201, 429]);
});

test("the limits are Bird's by default, and 0 is none", async (t) => {
  const now = () => 0;
  const count = async (options: Parameters<typeof openSandbox>[1], method: "GET" | "POST", calls: number) => {
    const sandbox = await openSandbox(t, { now, ...options });
    const answers = await Promise.all(Array.from({ length: calls }, () => sandbox.call(method, path)));
    return answers.filter(({ status }) => status !== 429).length;
  };
  assert.equal(await count({ getsPerSecond: undefined }, "GET", 60), 50);
  assert.equal(await count({ postsPerSecond: undefined }, "POST", 510), 500);
  assert.equal(await count({ getsPerSecond: 0 }, "GET", 60), 60);
});

test("the report counts answers per operation and status", async (t) => {
  const sandbox = await openSandbox(t);
  const { body } = await sandbox.create();
  await sandbox.call("POST", path, { body: {} });
  await sandbox.call("GET", path);
  await sandbox.call("GET", path, { headers: { authorization: "" } });
  await sandbox.call("GET", `${path}/${body.id}/status`);
  await sandbox.call("GET", "/nowhere");
  await sandbox.call("GET", "/sandbox/report");
  const { json } = await sandbox.call("GET", "/sandbox/report");
  assert.deepEqual(sandbox.report().requests, {
    create: { 201: 1, 422: 1 },
    listConnectors: { 200: 1, 401: 1 },
    connectorStatus: { 200: 1 },
    unknown: { 404: 1 },
  });
  assert.deepEqual(json, JSON.parse(JSON.stringify(sandbox.report())));
});

test("deleting the report empties everything but the fault rules, whose counts are reset", async (t) => {
  const fault = { kind: "status", status: 500 } as const;
  const sandbox = await openSandbox(t, { faults: [{ fault }] });
  assert.deepEqual([(await sandbox.create()).status, (await sandbox.create()).status], [500, 201]);
  const { body } = await sandbox.call("GET", path);
  const { channelId } = sandbox.report().connectors[0] ?? {};
  assert.equal((await sandbox.call("GET", `/workspaces/${workspaceId}/channels/${channelId}`)).status, 200);
  assert.equal((await sandbox.call("DELETE", "/sandbox/report")).status, 204);
  assert.deepEqual(sandbox.report(), {
    connectors: [],
    messages: [],
    creates: {},
    requests: {},
    events: { sent: 0, acknowledged: 0, refused: 0, pending: 0, abandoned: 0 },
  });
  assert.equal((await sandbox.call("GET", `${path}/${body.results[0]?.id}`)).status, 404);
  assert.equal((await sandbox.call("GET", `/workspaces/${workspaceId}/channels/${channelId}`)).status, 404);
  assert.deepEqual([(await sandbox.create()).status, (await sandbox.create()).status], [500, 201]);
});

test("the control routes need no access key and answer callers on this machine only", async (t) => {
  const { app } = buildSandbox({});
  t.after(() => app.close());
  const statusFor = async (remoteAddress: string, method: "GET" | "DELETE", url: string) =>
    (await app.inject({ method, url, remoteAddress })).statusCode;
  for (const local of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assert.equal(await statusFor(local, "GET", "/sandbox/report"), 200);
    assert.equal(await statusFor(local, "GET", "/sandbox/faults"), 200);
  }
  for (const remote of ["192.0.2.1", "::ffff:192.0.2.127", "2001:db8::127"]) {
    assert.equal(await statusFor(remote, "GET", "/sandbox/report"), 403);
    assert.equal(await statusFor(remote, "DELETE", "/sandbox/report"), 403);
    assert.equal(await statusFor(remote, "GET", "/sandbox/faults"), 403);
    assert.equal(await statusFor(remote, "DELETE", "/sandbox/faults"), 403);
  }
});

test("the control routes are kept from web pages as the API without keys is", async (t) => {
  const { app } = buildSandbox({});
  t.after(() => app.close());
  const statusOf = async (method: "GET" | "PUT" | "DELETE", url: string, headers: Record<string, string>) =>
    (await app.inject({ method, url, headers, ...(method === "PUT" && { payload: [] }) })).statusCode;
  const [evil, local] = ["evil.example", "127.0.0.1:3003"];
  for (const [method, url, done] of [
    ["DELETE", "/sandbox/report", 204],
    ["GET", "/sandbox/report", 200],
    ["PUT", "/sandbox/faults", 200],
    ["DELETE", "/sandbox/faults", 204],
  ] as const) {
    const page = { host: local, origin: `http://${evil}` };
    assert.equal(await statusOf(method, url, { host: local }), done, `${method} ${url}`);
    assert.equal(await statusOf(method, url, { host: local, origin: `http://${local}` }), done);
    assert.equal(await statusOf(method, url, { host: evil }), 403, `${method} ${url} of a rebound name`);
    assert.equal(await statusOf(method, url, { ...page, host: evil }), 403);
    assert.equal(
      await statusOf(method, url, page),
      method === "GET" ? 200 : 403,
      `${method} ${url} of a page`,
    );
    const sites = { host: local, "sec-fetch-site": "cross-site" };
    assert.equal(await statusOf(method, url, sites), method === "GET" ? 200 : 403);
  }
});

test("closing ends kept-alive connections and calls that wait", async (t) => {
  const faults = [{ fault: { kind: "slow", delayMs: 60_000 } }] as const;
  const sandbox = await openSandbox(t, { faults });
  const waiting = assert.rejects(sandbox.create());
  const idle = connect(Number(new URL(sandbox.url).port), "127.0.0.1");
  idle.write(`GET /sandbox/report HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  const heard = text(idle);
  while (sandbox.report().connectors.length === 0) await sandbox.call("GET", path);
  await sandbox.close();
  await waiting;
  assert.match(await heard, /^HTTP\/1.1 200/);
});

test("a sandbox whose port is taken does not start", async (t) => {
  const { url } = await openSandbox(t);
  await assert.rejects(openSandbox(t, { port: Number(new URL(url).port) }), { code: "EADDRINUSE" });
});
