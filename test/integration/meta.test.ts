import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import test, { type TestContext } from "node:test";
import { inspect } from "node:util";
import { createMeta, type ExchangeResult } from "../../src/meta/meta.ts";
import { metaTokenOf } from "../../src/sandbox/meta.ts";
import { answerJson, type MetaAnswer, openMetaServer } from "./meta-server.ts";
import { openSandbox } from "./sandbox-fixture.ts";

const appId = "106540352242922";
const appSecret = "CANARY-APP-SECRET";
const code = "CANARY-CODE";
const token = "CANARY-TOKEN";

const metaAt = (
  t: TestContext,
  graphUrl: string,
  change: { appSecret?: string; timeoutMs?: number } = {},
) => {
  const meta = createMeta({
    appId,
    appSecret: change.appSecret ?? appSecret,
    graphUrl,
    requestTimeoutMs: change.timeoutMs ?? 5000,
  });
  t.after(() => meta.close());
  return meta;
};

/** A client of a real server in Meta's place, and the addresses that were asked. */
const openGraph = async (t: TestContext, answer: MetaAnswer, timeoutMs?: number) => {
  const asked: URL[] = [];
  const { url } = await openMetaServer(t, (response, incoming) => {
    asked.push(new URL(incoming.url ?? "", "http://meta"));
    answer(response, incoming);
  });
  return { asked, url, meta: metaAt(t, url, timeoutMs === undefined ? {} : { timeoutMs }) };
};

/** What is handed back goes into answers and logs. */
const assertTellable = (result: ExchangeResult): void => {
  const text = inspect(result, { depth: 10, showHidden: true });
  for (const secret of [appSecret, code, token]) assert.ok(!text.includes(secret), text);
  if (result.kind !== "token") assert.match(result.message, /^[A-Z].*[^.]\.$/);
};

test("a code is exchanged for the token with the app's id and secret", async (t) => {
  const { meta, asked } = await openGraph(t, answerJson(200, { access_token: token, token_type: "bearer" }));
  assert.deepEqual(await meta.exchange(code), { kind: "token", accessToken: token });
  assert.equal(asked[0]?.pathname, "/v23.0/oauth/access_token");
  assert.deepEqual(Object.fromEntries(asked[0]?.searchParams ?? []), {
    client_id: appId,
    client_secret: appSecret,
    code,
  });
});

test("a slash at the end of the Graph address does no harm", async (t) => {
  const { url, asked } = await openGraph(t, answerJson(200, { access_token: token }));
  await metaAt(t, `${url}/`).exchange(code);
  assert.equal(asked[0]?.pathname, "/v23.0/oauth/access_token");
});

const refused: readonly (readonly [metaCode: number, metaSubcode: number | undefined, says: RegExp])[] = [
  [100, 36_007, /has expired.*run the embedded signup again.*\(Meta: code 100, subcode 36007\)/],
  [100, 36_008, /not made by the embedded signup of this app/],
  [100, 36_009, /has been used already.*\(Meta: code 100, subcode 36009\)/],
  [100, undefined, /cannot read the code.*\(Meta: code 100\)/],
  [100, 33, /cannot read the code.*\(Meta: code 100, subcode 33\)/],
  [101, undefined, /check META_APP_ID and META_APP_SECRET/],
  [1, undefined, /app's secret: check META_APP_ID and META_APP_SECRET/],
  [190, 460, /no longer accepts the app or the customer's login/],
  [191, undefined, /not made by the embedded signup of this app/],
  [4711, undefined, /Meta refused the code: .*\(Meta: code 4711\)/],
];

for (const [metaCode, metaSubcode, says] of refused) {
  test(`Meta's ${metaCode}/${metaSubcode ?? "-"} is a refusal that says what to do`, async (t) => {
    const error = { message: `no: ${code}`, type: "OAuthException", code: metaCode, fbtrace_id: "A1" };
    const body = { error: { ...error, ...(metaSubcode !== undefined && { error_subcode: metaSubcode }) } };
    const { meta, asked } = await openGraph(t, answerJson(400, body));
    const result = await meta.exchange(code);
    assert.partialDeepStrictEqual(result, { kind: "refused", metaCode });
    assert.ok(result.kind === "refused" && result.metaSubcode === metaSubcode);
    assert.match(result.message, says);
    assertTellable(result);
    assert.equal(asked.length, 1);
  });
}

const passing: readonly (readonly [status: number, error: object, says: RegExp])[] = [
  [503, { code: 2 }, /has a fault at the moment: wait .*\(Meta: code 2\)/],
  [500, { code: 1 }, /has a fault at the moment/],
  [400, { code: 1, is_transient: true }, /has a fault at the moment/],
  [400, { code: 2 }, /has a fault at the moment/],
  [400, { code: 4 }, /limits the calls of this app/],
  [400, { code: 17 }, /limits the calls of this app/],
  [403, { code: 32 }, /limits the calls of this app/],
  [400, { code: 613 }, /limits the calls of this app/],
];

for (const [status, error, says] of passing) {
  test(`${status} with ${JSON.stringify(error)} says that Meta takes none now, and is not repeated`, async (t) => {
    const { meta, asked } = await openGraph(t, answerJson(status, { error: { message: code, ...error } }));
    const result = await meta.exchange(code);
    assert.ok(result.kind === "unavailable");
    assert.match(result.message, says);
    assertTellable(result);
    assert.equal(asked.length, 1);
  });
}

const unusable: readonly (readonly [
  name: string,
  answer: (response: ServerResponse) => void,
  says: RegExp,
])[] = [
  ["a gateway's page", (response) => response.writeHead(502).end("<html>"), /\(HTTP 502\)/],
  ["200 without a token", answerJson(200, { token_type: "bearer" }), /\(HTTP 200 without a token\)/],
  [
    "200 that is no JSON",
    (response) => response.end(`access_token=${token}`),
    /\(HTTP 200 without a token\)/,
  ],
  ["an error without a code", answerJson(400, { error: { message: code } }), /\(HTTP 400\)/],
  ["a lost connection", ({ req }) => req.socket.destroy(), /\(ECONNRESET\)/],
];

for (const [name, answer, says] of unusable) {
  test(`${name} leaves open whether the code was used up, and is not repeated`, async (t) => {
    const { meta, asked } = await openGraph(t, answer);
    const result = await meta.exchange(code);
    assert.ok(result.kind === "unavailable");
    assert.match(result.message, says);
    assertTellable(result);
    assert.equal(asked.length, 1);
  });
}

test("a redirect is not followed: the address holds the secret", async (t) => {
  const { meta, asked } = await openGraph(t, (response) => {
    response.writeHead(302, { location: "/elsewhere" }).end();
  });
  assertTellable(await meta.exchange(code));
  assert.deepEqual(
    asked.map(({ pathname }) => pathname),
    ["/v23.0/oauth/access_token"],
  );
});

test("an answer that does not come in time is given up", async (t) => {
  const { meta, asked } = await openGraph(t, () => undefined, 100);
  const result = await meta.exchange(code);
  assert.ok(result.kind === "unavailable");
  assert.match(result.message, /\(ETIMEDOUT\)/);
  assertTellable(result);
  assert.equal(asked.length, 1);
});

test("closing cuts off an exchange in hand", async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { meta } = await openGraph(t, () => resolve());
  const exchanging = meta.exchange(code);
  await promise;
  meta.close();
  const result = await exchanging;
  assert.ok(result.kind === "unavailable");
  assert.match(result.message, /\(ECONNRESET\)/);
  assertTellable(result);
});

for (const address of ["http://127.0.0.1:1", "http://meta.invalid", "https://meta.invalid"]) {
  test(`a refused connection to ${address} is reported without the requested address`, async (t) => {
    const result = await metaAt(t, address).exchange(code);
    assert.equal(result.kind, "unavailable");
    assertTellable(result);
  });
}

test("with the sandbox's settings a code works once", async (t) => {
  const sandbox = await openSandbox(t);
  const meta = createMeta({ ...sandbox.meta, requestTimeoutMs: 5000 });
  t.after(() => meta.close());
  assert.deepEqual(await meta.exchange(code), { kind: "token", accessToken: metaTokenOf(code) });
  assert.partialDeepStrictEqual(await meta.exchange(code), {
    kind: "refused",
    metaCode: 100,
    metaSubcode: 36_009,
  });
  assert.partialDeepStrictEqual(await meta.exchange("expired"), { kind: "refused", metaSubcode: 36_007 });
  assert.partialDeepStrictEqual(await meta.exchange("unavailable"), { kind: "unavailable" });
});

test("an answer without end is given up", async (t) => {
  const page = Buffer.alloc(65_536, " ");
  const { meta } = await openGraph(t, (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = (): void => {
      while (!response.destroyed && response.write(page));
    };
    response.on("drain", more);
    more();
  });
  const result = await meta.exchange(code);
  assert.equal(result.kind, "unavailable");
  assert.match(inspect(result), /an answer that is too large/);
});
