import assert from "node:assert/strict";
import { once } from "node:events";
import { request as rawRequest } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import test from "node:test";
import { z } from "zod";
import { problemSchema as apiProblemSchema } from "../../src/api/server/problem-schema.ts";
import { signWebhook, workspaceSigningKey } from "../../src/bird/signature.ts";
import { workspaceId } from "../support/request.ts";
import { type Stack, signingKey, signingSecret, withStack } from "../support/stack.ts";

/** The codes of this service are its own. */
const problemSchema = apiProblemSchema.extend({ code: z.string() });

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request whose address goes out exactly as it is written. */
const send = async (url: string, path: string, { method = "POST", headers = {}, body = "{}" }: Sent = {}) => {
  const outgoing = rawRequest(url, {
    method,
    path,
    headers: { "content-type": "application/json", ...headers },
  });
  outgoing.end(method === "GET" ? undefined : body);
  const [incoming] = await once(outgoing, "response");
  return { status: Number(incoming.statusCode), headers: incoming.headers, text: await text(incoming) };
};

/** Writes bytes that need not be HTTP and reads all that is answered. */
const sendBytes = async (url: string, bytes: string): Promise<string> => {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(bytes);
  return text(socket);
};

const lineSchema = z.looseObject({
  msg: z.string(),
  level: z.number(),
  code: z.string().optional(),
  path: z.string().optional(),
  counts: z.record(z.string(), z.number()).optional(),
});

const withLog = (
  run: (stack: Stack, lines: () => z.output<typeof lineSchema>[]) => Promise<void>,
): Promise<void> => {
  const written: string[] = [];
  const lines = () => written.map((line) => lineSchema.parse(JSON.parse(line)));
  return withStack({ startsPaused: true, onLogLine: (line) => written.push(line) }, (stack) =>
    run(stack, lines),
  );
};

const secret = "CANARY";

for (const [what, path, sent, status, code] of [
  ["an address that cannot be decoded", `/webhooks/bird/%zz${secret}`, {}, 400, "invalid_request"],
  ["a workspace of 15,000 characters", `/webhooks/bird/${secret.repeat(2500)}`, {}, 414, "address_too_long"],
  ["a workspace that is no id", `/webhooks/bird/__proto__${secret}`, {}, 404, "not_found"],
  ["a workspace of dots", "/webhooks/bird/%2e%2e%2fhealthz", {}, 404, "not_found"],
  ["an empty workspace", "/webhooks/bird//", {}, 404, "not_found"],
  ["no such address", `/${secret}?token=${secret}`, {}, 404, "not_found"],
  ["a wrong method", `/webhooks/bird?x=${secret}`, { method: "GET" }, 405, "method_not_allowed"],
  [
    "a wrong method at a workspace",
    `/webhooks/bird/${workspaceId}`,
    { method: "PUT" },
    405,
    "method_not_allowed",
  ],
  [
    "a wrong type",
    "/webhooks/bird",
    { headers: { "content-type": `text/${secret}` } },
    415,
    "unsupported_media_type",
  ],
  ["no signature", `/webhooks/bird?token=${secret}`, {}, 401, "no_signature"],
] as const) {
  test(`${what} is answered with a problem that quotes nothing of the request`, () =>
    withLog(async ({ webhook: { url }, metrics }, lines) => {
      const answer = await send(url, path, sent);
      assert.equal(answer.status, status);
      assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
      const problem = problemSchema.parse(JSON.parse(answer.text));
      assert.equal(problem.code, code);
      assert.equal(problem.type, `urn:perch:problem:${code}`);
      assert.doesNotMatch(answer.text, /CANARY|FST_/);
      if (status === 405) assert.equal(answer.headers.allow, "POST");
      const refused = lines().filter(({ msg }) => msg === "webhook refused");
      assert.deepEqual(
        refused.map((line) => line.code),
        [code],
      );
      assert.ok(!String(refused[0]?.path).includes("?"));
      assert.ok(String(refused[0]?.path).length <= 200);
      const { text: shown } = await metrics.expose();
      assert.match(shown, new RegExp(`^perch_webhook_refused_total\\{reason="${code}"\\} 1$`, "m"));
    }));
}

test("bytes that are no HTTP are answered with a problem too", () =>
  withLog(async ({ webhook: { url } }, lines) => {
    for (const [bytes, status] of [
      ["CANARY\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nhost: x\r\nx: ${"CANARY".repeat(4000)}\r\n\r\n`, 431],
    ] as const) {
      const answer = await sendBytes(url, bytes);
      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `));
      const body = problemSchema.parse(JSON.parse(answer.slice(answer.indexOf("{"))));
      assert.equal(body.status, status);
      assert.doesNotMatch(answer, /CANARY/);
    }
    assert.equal(lines().filter(({ code }) => code === "invalid_request").length, 2);
  }));

test("one trailing slash is taken, and is part of what is signed", () =>
  withLog(async ({ webhook: { url } }) => {
    const key = workspaceSigningKey(signingSecret, workspaceId);
    for (const [path, signed, signedWith, status] of [
      ["/webhooks/bird/", "/webhooks/bird/", signingKey, 200],
      [`/webhooks/bird/${workspaceId}/`, `/webhooks/bird/${workspaceId}/`, key, 200],
      [`/webhooks/bird/${workspaceId}/?a=1`, `/webhooks/bird/${workspaceId}/?a=1`, key, 200],
      [`/webhooks/bird/${workspaceId}/`, `/webhooks/bird/${workspaceId}`, key, 401],
      ["/webhooks/bird/", "/webhooks/bird", signingKey, 401],
      [`/webhooks/bird/${workspaceId}//`, `/webhooks/bird/${workspaceId}//`, key, 404],
    ] as const) {
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = signWebhook({ timestamp, url: url + signed, body: Buffer.from("{}") }, signedWith);
      const headers = { "messagebird-request-timestamp": timestamp, "messagebird-signature": signature };
      assert.equal((await send(url, path, { headers })).status, status, path);
    }
  }));

test("a flood of unsigned webhooks writes some ten lines, and a count of the rest", () =>
  withLog(async (stack, lines) => {
    const { url } = stack.webhook;
    const query = "x".repeat(7000);
    for (let n = 0; n < 300; n += 1) {
      const headers = { "messagebird-request-id": n % 2 === 0 ? `attack-${n}` : `${"y".repeat(5000)}${n}` };
      const path = [`/webhooks/bird?${query}`, `/${query}`, `/webhooks/bird/%zz${query}`][n % 3] ?? "";
      assert.ok((await send(url, path, { headers })).status >= 400);
    }
    await stack.webhook.close();
    const refused = lines().filter(({ level }) => level >= 40);
    assert.ok(refused.length <= 15, `${refused.length} lines`);
    assert.ok(JSON.stringify(refused).length < 10_000);
    const counts = refused.at(-1)?.counts ?? {};
    const counted = Object.values(counts).reduce((sum, count) => sum + count, 0);
    assert.equal(counted + refused.length - 1, 300);
    assert.deepEqual(Object.keys(counts).sort(), ["invalid_request", "no_signature", "not_found"]);
  }));
