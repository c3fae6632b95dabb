import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { inspect } from "node:util";
import { createGraph } from "../../src/meta/graph.ts";
import { answerJson, type MetaAnswer, openMetaServer } from "./meta-server.ts";
import { openSandbox } from "./sandbox-fixture.ts";

const token = "CANARY-TOKEN";
const app = { appId: "106540352242922", appSecret: "CANARY-APP-SECRET" };
const phoneId = "106540352242900";
const wabaId = "102290129340398";

const graphAt = (t: TestContext, graphUrl: string, requestTimeoutMs = 5000) => {
  const graph = createGraph({ graphUrl, app, requestTimeoutMs });
  t.after(() => graph.close());
  return graph;
};

/** A client of a real server in Meta's place, and what that was asked. */
const openGraph = async (t: TestContext, answer: MetaAnswer, timeoutMs?: number) => {
  const { url, asked } = await openMetaServer(t, answer);
  return { asked, graph: graphAt(t, `${url}/`, timeoutMs) };
};

const metaError = (code: number, subcode?: number) => ({
  error: {
    message: `tells of ${token} and ${app.appSecret}`,
    type: "OAuthException",
    code,
    error_subcode: subcode,
  },
});

test("the token that asks is sent in a header and never in the address", async (t) => {
  const { graph, asked } = await openGraph(t, answerJson(200, { id: phoneId, data: [] }));
  await graph.phoneNumber({ phoneId, token });
  await graph.phoneNumbersOf({ wabaId, token });
  assert.deepEqual(
    asked.map(({ url, headers }) => [url?.split("?")[0], headers.authorization]),
    [
      [`/v23.0/${phoneId}`, `Bearer ${token}`],
      [`/v23.0/${wabaId}/phone_numbers`, `Bearer ${token}`],
    ],
  );
  assert.ok(!asked.some(({ url = "" }) => url.includes("CANARY")));
});

test("a token is inspected as the app, whose secret is sent in a header", async (t) => {
  const data = { app_id: app.appId, is_valid: true, expires_at: 0, scopes: ["whatsapp_business_messaging"] };
  const { graph, asked } = await openGraph(t, answerJson(200, { data }));
  const read = await graph.inspectToken?.(token);
  assert.partialDeepStrictEqual(read, {
    kind: "found",
    value: { appId: app.appId, isValid: true, neverExpires: true, scopes: data.scopes },
  });
  assert.equal(asked[0]?.headers.authorization, `Bearer ${app.appId}|${app.appSecret}`);
  assert.equal(asked[0]?.url, `/v23.0/debug_token?input_token=${token}`);
});

for (const [status, code, subcode, expected] of [
  [400, 100, 33, { kind: "missing" }],
  [400, 100, undefined, { kind: "refused", metaCode: 100 }],
  [401, 190, 463, { kind: "token_refused", isExpired: true }],
  [401, 190, 460, { kind: "token_refused", isExpired: false }],
  [403, 10, undefined, { kind: "denied", metaCode: 10 }],
  [403, 200, undefined, { kind: "denied", metaCode: 200 }],
  [400, 4, undefined, { kind: "limited", pauses: "app" }],
  [400, 80_007, undefined, { kind: "limited", pauses: "account" }],
  [500, 2, undefined, { kind: "unavailable" }],
] as const)
  test(`Meta's ${status} with code ${code}/${subcode ?? "none"} is read as ${expected.kind}, without its text`, async (t) => {
    const { graph, asked } = await openGraph(t, answerJson(status, metaError(code, subcode)));
    const read = await graph.phoneNumber({ phoneId, token });
    assert.partialDeepStrictEqual(read, expected);
    assert.ok(!inspect(read, { depth: 9 }).includes("CANARY"));
    assert.equal(asked.length, 1, "a read is not repeated");
  });

test("the usage headers of an answer name how long Meta is left alone, and by whom", async (t) => {
  const use = { call_count: 12, total_time: 3, total_cputime: 1 };
  const { graph } = await openGraph(
    t,
    answerJson(
      200,
      { id: phoneId },
      {
        "x-app-usage": JSON.stringify(use),
        "x-business-use-case-usage": JSON.stringify({
          [wabaId]: [{ type: "messenger", ...use, call_count: 100, estimated_time_to_regain_access: 7 }],
        }),
      },
    ),
  );
  assert.partialDeepStrictEqual(await graph.phoneNumber({ phoneId, token }), {
    kind: "found",
    pauseMs: 420_000,
    pauses: "account",
  });
  const { graph: busy } = await openGraph(
    t,
    answerJson(200, { id: phoneId }, { "x-app-usage": JSON.stringify({ ...use, total_time: 95 }) }),
  );
  assert.partialDeepStrictEqual(await busy.phoneNumber({ phoneId, token }), {
    pauseMs: 60_000,
    pauses: "app",
  });
  const { graph: odd } = await openGraph(
    t,
    answerJson(200, { id: phoneId }, { "x-app-usage": "[]", "x-business-use-case-usage": "{" }),
  );
  assert.partialDeepStrictEqual(await odd.phoneNumber({ phoneId, token }), { kind: "found", pauseMs: 0 });
});

test("redirects, endless answers, silence and bodies of no use are an unreachable Meta", async (t) => {
  const away = async (answer: Parameters<typeof openGraph>[1], timeoutMs?: number) => {
    const { graph, asked } = await openGraph(t, answer, timeoutMs);
    const read = await graph.phoneNumbersOf({ wabaId, token });
    assert.equal(read.kind, "unavailable");
    assert.equal(asked.length, 1);
  };
  await away((response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end());
  await away((response) => response.writeHead(200).end());
  await away((response) => response.writeHead(200).end('{"data":"none"}'));
  await away((response) => response.writeHead(200).end(`{"data":[${'"'.padEnd(2_000_000, "a")}`));
  await away(() => {}, 100);
});

test("a list of phone numbers is read over its pages, and bounded where it does not end", async (t) => {
  const sandbox = await openSandbox(t);
  const phoneIds = Array.from({ length: 250 }, (_, n) => String(5000 + n));
  sandbox.setMetaObjects({ phones: phoneIds.map((id) => ({ phoneId: id, wabaId })) });
  const graph = graphAt(t, sandbox.meta.graphUrl);
  const read = await graph.phoneNumbersOf({ wabaId, token });
  assert.equal(read.kind, "found");
  if (read.kind !== "found") return;
  assert.equal(read.value.isWhole, true);
  assert.deepEqual(
    read.value.phones.map(({ id }) => id),
    phoneIds,
  );
  let pages = 0;
  const { graph: endless } = await openGraph(t, (response) => {
    pages += 1;
    const paging = { cursors: { after: "MQ" }, next: "https://graph.facebook.com/" };
    answerJson(200, { data: [{ id: String(pages) }], paging })(response);
  });
  assert.partialDeepStrictEqual(await endless.phoneNumbersOf({ wabaId, token }), {
    value: { isWhole: false },
  });
  assert.equal(pages, 10);
});
