import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { createBody, openSandbox, type TestSandbox, workspaceId } from "./sandbox-fixture.ts";

const path = "/meta/v23.0/oauth/access_token";

const exchange = async (sandbox: TestSandbox, change: Record<string, string>) => {
  const { appId, appSecret } = sandbox.meta;
  const query = new URLSearchParams({ client_id: appId, client_secret: appSecret, code: "a", ...change });
  return sandbox.call("GET", `${path}?${query}`, { headers: { authorization: "" } });
};

const errorOf = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "error" in body ? body.error : undefined;

test("any code is exchanged once, without Bird's key, for a token that depends on the code alone", async (t) => {
  const sandbox = await openSandbox(t);
  const first = await exchange(sandbox, {});
  assert.equal(first.status, 200);
  assert.deepEqual(first.json, { access_token: metaTokenOf("a"), token_type: "bearer" });
  const other = await exchange(sandbox, { code: "b" });
  assert.notDeepEqual(other.json, first.json);
  const again = await exchange(sandbox, {});
  assert.equal(again.status, 400);
  assert.partialDeepStrictEqual(errorOf(again.json), {
    message: "This authorization code has been used.",
    type: "OAuthException",
    code: 100,
    error_subcode: 36_009,
  });
});

test("scripted codes expire, or find Meta unavailable, however often they are sent", async (t) => {
  const sandbox = await openSandbox(t);
  for (let call = 0; call < 2; call += 1) {
    const expired = await exchange(sandbox, { code: "expired" });
    assert.equal(expired.status, 400);
    assert.partialDeepStrictEqual(errorOf(expired.json), { code: 100, error_subcode: 36_007 });
    const away = await exchange(sandbox, { code: "unavailable" });
    assert.equal(away.status, 503);
    assert.partialDeepStrictEqual(errorOf(away.json), { code: 2 });
  }
});

test("another app, a wrong secret and a missing code are refused, and use up no code", async (t) => {
  const sandbox = await openSandbox(t, { metaAppId: "42", metaAppSecret: "the secret" });
  assert.deepEqual(sandbox.meta, {
    graphUrl: `${sandbox.url}/meta/v23.0`,
    appId: "42",
    appSecret: "the secret",
  });
  const codeOf = async (change: Record<string, string>) => {
    const { status, json } = await exchange(sandbox, change);
    assert.equal(status, 400);
    return errorOf(json);
  };
  assert.partialDeepStrictEqual(await codeOf({ client_id: "43" }), { code: 101 });
  assert.partialDeepStrictEqual(await codeOf({ client_secret: "another" }), { code: 1 });
  assert.partialDeepStrictEqual(await codeOf({ code: "" }), { code: 100 });
  assert.equal((await exchange(sandbox, {})).status, 200);
});

test("every version of the Graph API is there, and no other path", async (t) => {
  const sandbox = await openSandbox(t);
  const { appId, appSecret } = sandbox.meta;
  const query = new URLSearchParams({ client_id: appId, client_secret: appSecret, code: "a" });
  for (const [version, status] of [
    ["v9.0", 200],
    ["latest", 404],
    ["v23", 404],
  ] as const) {
    const answer = await sandbox.call("GET", `/meta/${version}/oauth/access_token?${query}`);
    assert.equal(answer.status, status, version);
  }
});

test("the secret is made at random unless given, and a reset takes used codes again", async (t) => {
  const sandbox = await openSandbox(t);
  assert.notEqual(sandbox.meta.appSecret, (await openSandbox(t)).meta.appSecret);
  assert.equal((await exchange(sandbox, {})).status, 200);
  assert.equal((await exchange(sandbox, {})).status, 400);
  sandbox.reset();
  assert.equal((await exchange(sandbox, {})).status, 200);
});

test("the report counts exchanges and shows the token only as the hash of what a connector got", async (t) => {
  const sandbox = await openSandbox(t);
  await exchange(sandbox, { code: "a-code" });
  await exchange(sandbox, { code: "expired" });
  const accessToken = metaTokenOf("a-code");
  const body = createBody(1, { securityArguments: { oauth: { accessToken } } });
  await sandbox.call("POST", `/workspaces/${workspaceId}/connectors`, { body });
  const { text } = await sandbox.call("GET", "/sandbox/report");
  for (const secret of [accessToken, "a-code", sandbox.meta.appSecret, sandbox.accessKey])
    assert.ok(!text.includes(secret));
  const { requests, connectors } = sandbox.report();
  assert.deepEqual(requests.exchangeCode, { 200: 1, 400: 1 });
  assert.equal(connectors[0]?.accessTokenSha256, createHash("sha256").update(accessToken).digest("hex"));
});
