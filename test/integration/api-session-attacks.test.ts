import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import test from "node:test";
import { z } from "zod";
import { type ApiKey, hashApiKey } from "../../src/api/auth/api-keys.ts";
import { createSessions } from "../../src/api/auth/sessions.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { type Install, installSchema } from "../../src/install/install.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { type ApiClient, createApiClient } from "../support/api-client.ts";
import { noneEnded, ownPage, signIn, withCookie } from "../support/browser.ts";
import { monitorRedis } from "../support/redis-monitor.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { withPrivateRedis } from "./private-redis.ts";
import { keys, requestIn, withTenants, workspaceA, workspaceB } from "./tenants-fixture.ts";

const listSchema = z.object({ items: z.array(z.object({ id: z.string() })) });
const idSchema = z.object({ id: z.string() });

const install = async (call: ApiClient, workspace: string, n: number): Promise<Install> =>
  (await call("/v1/installs", { json: requestIn(workspace, n) })).as(installSchema);

const statusOf = async (call: ApiClient, id: string): Promise<string> =>
  (await call(`/v1/installs/${id}`)).as(installSchema).status;

test("no page of another site changes anything in a session", () =>
  withTenants({ startsPaused: true }, async ({ url, operator }) => {
    const { id } = await install(operator, workspaceA, 1);
    const { cookie } = await signIn(url, "operator-key");
    const call = createApiClient(url);
    const own = ownPage(url);
    const { origin: _origin, ...noOrigin } = own;
    const { "perch-console": _header, ...noHeader } = own;
    const attacks: readonly Readonly<Record<string, string>>[] = [
      {},
      noOrigin,
      noHeader,
      { ...own, "perch-console": "" },
      { ...own, "perch-console": "2" },
      { ...own, origin: "null" },
      { ...own, origin: "https://evil.example" },
      { ...own, origin: `${own.origin}.evil.example` },
      { ...own, origin: "http://localhost:1" },
      { ...own, origin: own.origin.replace("127.0.0.1", "localhost") },
      { ...own, origin: `${own.origin}/` },
      { ...own, "sec-fetch-site": "cross-site" },
      { ...own, "sec-fetch-site": "same-site" },
      { ...own, "sec-fetch-site": "none" },
    ];
    for (const headers of attacks)
      for (const [method, path] of [
        ["POST", `/v1/installs/${id}/cancel`],
        ["POST", "/v1/installs"],
        ["POST", "/v1/batches"],
        ["POST", `/v1/workspaces/${workspaceA}/resume`],
        ["DELETE", `/v1/installs/${id}/connector`],
        ["DELETE", "/v1/session"],
      ] as const) {
        const answer = await call(path, { method, headers: { ...headers, cookie } });
        assert.equal(answer.status, 403, `${method} ${path} ${JSON.stringify(headers)}: ${answer.text}`);
        assert.equal(answer.as(problemSchema).code, "cross_site");
        assert.equal(answer.headers.get("set-cookie"), null);
      }
    assert.equal(await statusOf(operator, id), "queued");
    const cancelled = await call(`/v1/installs/${id}/cancel`, {
      method: "POST",
      headers: { ...own, cookie },
    });
    assert.equal(cancelled.status, 200);
  }));

test("no page of another site reads in a session, or signs a browser in", () =>
  withTenants({ startsPaused: true }, async ({ url }) => {
    const { cookie } = await signIn(url, "operator-key");
    const call = createApiClient(url);
    const foreign = [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of foreign) {
      for (const method of ["GET", "HEAD"])
        for (const path of ["/v1/installs", "/v1/session", "/metrics"])
          assert.equal((await call(path, { method, headers: { ...headers, cookie } })).status, 403);
      const signedIn = await call("/v1/session", { json: { apiKey: "operator-key" }, headers });
      assert.equal(signedIn.status, 403);
      assert.equal(signedIn.headers.get("set-cookie"), null);
    }
    // An address opened from a bookmark, and a download that a page of its own starts.
    for (const site of ["none", "same-origin"])
      assert.equal((await call("/v1/installs", { headers: { "sec-fetch-site": site, cookie } })).status, 200);
    const preflight = await fetch(`${url}/v1/installs`, {
      method: "OPTIONS",
      headers: { origin: "https://evil.example", "access-control-request-headers": "perch-console" },
    });
    assert.equal(preflight.headers.get("access-control-allow-headers"), null);
    assert.equal(preflight.headers.get("access-control-allow-origin"), null);
  }));

test("no GET changes anything, in a session too", () =>
  withTenants({ startsPaused: true }, async ({ url, operator }) => {
    const { id } = await install(operator, workspaceA, 1);
    const { call } = await signIn(url, "operator-key");
    for (const path of [`/v1/installs/${id}/cancel`, `/v1/workspaces/${workspaceA}/resume`])
      for (const method of ["GET", "HEAD"]) {
        const headers = { "x-http-method-override": "POST", "x-method-override": "POST" };
        assert.equal((await call(`${path}?_method=POST`, { method, headers })).status, 405, path);
      }
    assert.equal(await statusOf(operator, id), "queued");
  }));

test("a cookie that was there before a sign-in is none after it", () =>
  withTenants({ startsPaused: true }, async ({ url }) => {
    const planted = await signIn(url, "reader-a-key");
    const victim = await signIn(url, "operator-key", { cookie: planted.cookie });
    assert.notEqual(victim.cookie, planted.cookie);
    assert.equal((await victim.call("/v1/session")).body.name, "operator");
    assert.equal((await planted.call("/v1/session")).body.name, "reader-a");
    for (const unsealed of ["perch_session=operator", "perch_session="]) {
      const again = await signIn(url, "operator-key", { cookie: unsealed });
      assert.notEqual(again.cookie, unsealed);
    }
    // A page on another port of this machine plants one for a longer path: which one is the session's is not known.
    for (const both of [`${planted.cookie}; ${victim.cookie}`, `${victim.cookie}; ${planted.cookie}`])
      assert.equal((await withCookie(url, both)("/v1/session")).status, 401);
    // What is taken over https only is not taken here, nor the other way round.
    const renamed = victim.cookie.replace("perch_session", "__Host-perch_session");
    assert.equal((await withCookie(url, renamed)("/v1/session")).status, 401);
  }));

test("a cookie that was changed, sealed by others or has ended is dropped, and a wrong key beside it is wrong", () =>
  withTenants({ startsPaused: true }, async ({ url, stack }) => {
    const seal = createSeal(stack.sealingKeys);
    const [operator] = keys;
    assert.ok(operator);
    const { cookie, call } = await signIn(url, "operator-key");
    const ended = createSessions({
      endedSessions: noneEnded,
      keys,
      seal,
      now: () => Date.now() - 43_200_000,
    });
    const foreign = createSessions({
      endedSessions: noneEnded,
      keys,
      seal: createSeal(readSealingKeys(generateSealingKey())),
    });
    const removed: ApiKey = { ...operator, hash: hashApiKey("removed-key") };
    const values = [
      `${cookie.split("=")[1]?.slice(0, -2)}AA`,
      (await ended.begin(operator)).cookie,
      (await foreign.begin(operator)).cookie,
      (await createSessions({ endedSessions: noneEnded, keys: [removed], seal }).begin(removed)).cookie,
      await seal.seal(
        { accessToken: "EAAG" },
        { installId: "01ARZ3NDEKTSV4RRFFQ69G5FAV", workspaceId: workspaceA },
      ),
      "x".repeat(4000),
      "%ff",
    ];
    const details = new Set<string>();
    for (const value of values) {
      const answer = await withCookie(url, `perch_session=${value}`)("/v1/installs");
      assert.equal(answer.status, 401, value);
      assert.match(answer.headers.get("set-cookie") ?? "", /^perch_session=; Max-Age=0;/);
      details.add(answer.as(problemSchema).detail);
    }
    assert.deepEqual([...details], ["The session has ended: sign in again with an API key."]);
    const both = await call("/v1/installs", { headers: { authorization: "Bearer wrong" } });
    assert.equal(both.status, 401);
  }));

test("a session of a key of some workspaces reaches no other by id, list, stream or action", () =>
  withTenants({ startsPaused: true }, async ({ url, operator, upload }) => {
    const [mine, other] = [await install(operator, workspaceA, 1), await install(operator, workspaceB, 2)];
    const theirs = (await upload(operator, [requestIn(workspaceB, 3)])).as(idSchema);
    const { call } = await signIn(url, "tenant-a-key");
    assert.equal((await call(`/v1/installs/${mine.id}`)).status, 200);
    for (const [method, path] of [
      ["GET", `/v1/installs/${other.id}`],
      ["GET", `/v1/installs/${other.id}?wait=1`],
      ["POST", `/v1/installs/${other.id}/cancel`],
      ["POST", `/v1/installs/${other.id}/retry`],
      ["DELETE", `/v1/installs/${other.id}/connector`],
      ["GET", `/v1/batches/${theirs.id}`],
      ["GET", `/v1/batches/${theirs.id}/results`],
      ["GET", `/v1/batches/${theirs.id}/events`],
      ["POST", `/v1/batches/${theirs.id}/cancel`],
      ["GET", `/v1/workspaces/${workspaceB}`],
      ["POST", `/v1/workspaces/${workspaceB}/resume`],
    ] as const)
      assert.equal((await call(path, { method })).status, 404, `${method} ${path}`);
    for (const path of ["/metrics", "/v1/events/unreadable"])
      assert.equal((await call(path)).status, 403, path);
    const listed = (await call("/v1/installs")).as(listSchema).items.map(({ id }) => id);
    assert.deepEqual(listed, [mine.id]);
    assert.deepEqual((await call("/v1/batches")).as(listSchema).items, []);
    for (const query of [
      `workspaceId=${workspaceB}`,
      `batchId=${theirs.id}`,
      `phoneNumber=${encodeURIComponent(other.phoneNumber)}`,
    ])
      assert.deepEqual((await call(`/v1/installs?${query}`)).as(listSchema).items, [], query);
    assert.equal((await call("/v1/installs", { json: requestIn(workspaceB, 4) })).status, 403);
    assert.equal(await statusOf(operator, other.id), "queued");
  }));

test("neither a key nor a session's cookie is in the log, in Redis or in an answer", () =>
  withPrivateRedis(async (redis) => {
    const apiKey = `perch_CANARY${randomBytes(20).toString("hex")}`;
    const canary: ApiKey = { name: "canary", hash: hashApiKey(apiKey), scopes: ["admin"] };
    const lines: string[] = [];
    const seen: string[] = [];
    const onLogLine = (line: string): void => void lines.push(line);
    await withStack({ redisUrl: redis.url, onLogLine }, async (stack) => {
      await using monitor = await monitorRedis(redis.url);
      const { url } = await stack.startAnApi({ keys: [canary] });
      const { cookie, call } = await signIn(url, apiKey);
      const sealed = cookie.split("=")[1] ?? "";
      const answers = [
        await call("/v1/session"),
        await call("/v1/installs", { json: requestIn(workspaceA, 1) }),
        await call("/v1/installs", { json: { apiKey, cookie } }),
        await call("/v1/installs", {
          text: `{"apiKey":"${apiKey}`,
          headers: { "content-type": "application/json" },
        }),
        await call("/v1/nothing"),
        await call("/v1/session", { json: { apiKey, more: apiKey } }),
        await call("/v1/session", {
          text: `{"apiKey":"${apiKey}`,
          headers: { "content-type": "application/json" },
        }),
        await call("/v1/session", { json: { apiKey: `${apiKey}x` } }),
        await createApiClient(url)("/v1/installs", { headers: { cookie: `${cookie}x` } }),
        await createApiClient(url)("/v1/installs", { method: "POST", headers: { cookie } }),
        await call("/v1/session", { method: "DELETE" }),
      ];
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 202, 422, 400, 404, 422, 400, 401, 401, 403, 200],
      );
      await until("the install's job is seen in Redis", async () =>
        monitor.lines().some((line) => line.includes("phoneNumber")),
      );
      seen.push(
        ...answers.map(({ text, headers }) => `${text} ${JSON.stringify([...headers])}`),
        ...monitor.lines(),
      );
      const secrets = [apiKey, "CANARY", sealed, sealed.split(".")[3] ?? assert.fail()];
      for (const text of [...seen, ...lines])
        for (const secret of secrets) assert.ok(!text.includes(secret), `${secret}: ${text.slice(0, 500)}`);
    });
    assert.ok(
      lines.some((line) => line.includes('"route":"/v1/session"') && line.includes('"key":"canary"')),
    );
  }));
