import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import test, { type TestContext } from "node:test";
import { type BirdRequest, createBirdClient } from "../../../src/bird/bird-client.ts";
import { createConnectors, createOutcome } from "../../../src/bird/connectors.ts";
import { retryAfterMs } from "../../../src/http/retry-after-ms.ts";

const accessKey = "CANARY-ACCESS-KEY";
const accessToken = "CANARY-ACCESS-TOKEN";
const nowMs = Date.UTC(2026, 0, 1);

const post: BirdRequest = {
  method: "POST",
  path: "/workspaces/w/connectors",
  json: { name: "Acme", securityArguments: { oauth: { accessToken } } },
};

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const listen = async (t: TestContext, server: Server): Promise<number> => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

const clientOf = (t: TestContext, baseUrl: string, requestTimeoutMs = 5000) => {
  const client = createBirdClient({ baseUrl, accessKey, requestTimeoutMs, now: () => nowMs });
  t.after(() => client.close());
  return client;
};

/** A real server in Bird's place that has read each request whole before `answer` is called. */
const openBird = async (
  t: TestContext,
  answer: (response: ServerResponse, incoming: IncomingMessage) => void,
  requestTimeoutMs?: number,
) => {
  const received: Received[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method, url, headers } = incoming;
    received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    answer(response, incoming);
  });
  const url = `http://127.0.0.1:${await listen(t, server)}`;
  t.after(() => server.closeAllConnections());
  return { url, received, client: clientOf(t, url, requestTimeoutMs) };
};

/** Whatever is handed back goes into logs and timelines, so it must hold no secret. */
const assertNoSecret = (answer: unknown): void => {
  assert.doesNotMatch(JSON.stringify(answer), /CANARY/);
};

test("a request carries the key, its JSON and its query as Bird expects them", async (t) => {
  const { client, received } = await openBird(t, (response) => response.end("{}"));
  await client.send(post);
  await client.send({ method: "GET", path: "/a%2Fb", query: { limit: 100, pageToken: "a b/&" } });
  const [posted, got] = received;
  assert.equal(posted?.method, "POST");
  assert.equal(posted?.url, "/workspaces/w/connectors");
  assert.equal(posted?.headers.authorization, `AccessKey ${accessKey}`);
  assert.match(posted?.headers["content-type"] ?? "", /^application\/json/);
  assert.deepEqual(JSON.parse(posted?.body ?? ""), post.json);
  assert.equal(got?.method, "GET");
  assert.equal(got?.body, "");
  const url = new URL(got?.url ?? "", "http://bird");
  assert.equal(url.pathname, "/a%2Fb");
  assert.deepEqual(Object.fromEntries(url.searchParams), { limit: "100", pageToken: "a b/&" });
});

test("slashes at the end of the base address do not double", async (t) => {
  const { url, received } = await openBird(t, (response) => response.end());
  await clientOf(t, `${url}/base//`).send(post);
  assert.equal(received[0]?.url, "/base/workspaces/w/connectors");
});

for (const [what, status, text, body, birdCode] of [
  ["JSON", 201, '{"id":"c"}', { id: "c" }, undefined],
  [
    "an error with Bird's code",
    422,
    '{"code":"InvalidPayload"}',
    { code: "InvalidPayload" },
    "InvalidPayload",
  ],
  ["a code in a success", 200, '{"code":"x"}', { code: "x" }, undefined],
  ["a code that is a number", 400, '{"code":7}', { code: 7 }, "7"],
  ["a code that is no text", 400, '{"code":{}}', { code: {} }, undefined],
  ["a gateway's HTML", 502, "<html><h1>502</h1></html>", undefined, undefined],
  ["nothing", 200, "", undefined, undefined],
  ["broken JSON", 200, '{"id":', undefined, undefined],
] as const) {
  test(`${what} is an answer, with the body only if it is JSON`, async (t) => {
    const { client, received } = await openBird(t, (response) => response.writeHead(status).end(text));
    const retryAfterMs = undefined;
    assert.deepEqual(await client.send(post), { kind: "answered", status, body, birdCode, retryAfterMs });
    assert.equal(received.length, 1);
  });
}

for (const [header, expectedMs] of [
  ["0", 0],
  ["120", 120_000],
  [" 7 ", 7000],
  [new Date(nowMs + 90_000).toUTCString(), 90_000],
  [new Date(nowMs - 90_000).toUTCString(), 0],
  ["soon", undefined],
  ["", undefined],
] as const) {
  test(`Retry-After ${JSON.stringify(header)} is ${expectedMs} ms`, async (t) => {
    const { client } = await openBird(t, (response) => {
      response.writeHead(429, { "retry-after": header }).end();
    });
    assert.partialDeepStrictEqual(await client.send(post), { kind: "answered", status: 429 });
    const answer = await client.send(post);
    assert.equal(answer.kind === "answered" ? answer.retryAfterMs : assert.fail(), expectedMs);
  });
}

test("no Retry-After is no pause, and one beyond all reason none either", () => {
  assert.equal(retryAfterMs("12345678901", nowMs), undefined);
  assert.equal(retryAfterMs(undefined, nowMs), undefined);
});

for (const header of ["-5", "1.5"]) {
  test(`bug: the malformed Retry-After ${header} is read as a date long past, so the retry is at once`, () => {
    assert.notEqual(retryAfterMs(header, nowMs), 0);
  });
}

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect (${status}) is not followed`, async (t) => {
    const { client, received } = await openBird(t, (response) => {
      response.writeHead(status, { location: "/elsewhere" }).end();
    });
    assert.partialDeepStrictEqual(await client.send(post), { kind: "answered", status });
    assert.deepEqual(
      received.map(({ url }) => url),
      [post.path],
    );
  });
}

for (const status of [408, 413, 429, 500, 502, 503, 504]) {
  for (const method of ["POST", "GET"] as const) {
    test(`a ${method} answered with ${status} is sent once: the queue owns retries`, async (t) => {
      const { client, received } = await openBird(t, (response) => {
        response.writeHead(status, { "retry-after": "0" }).end();
      });
      assert.partialDeepStrictEqual(await client.send({ method, path: "/" }), { kind: "answered", status });
      assert.equal(received.length, 1);
    });
  }
}

/** A port of this machine on which no process listens any more. */
const deafPort = async (): Promise<number> => {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
};

test("a refused connection proves that nothing was sent", async (t) => {
  const answer = await clientOf(t, `http://127.0.0.1:${await deafPort()}`).send(post);
  assert.deepEqual(answer, { kind: "not_sent", reason: "ECONNREFUSED" });
});

for (const scheme of ["http", "https"]) {
  test(`a host without an address proves that nothing was sent (${scheme})`, async (t) => {
    const answer = await clientOf(t, `${scheme}://bird.invalid`).send(post);
    assert.equal(answer.kind, "not_sent");
    assertNoSecret(answer);
  });
}

test("a TLS handshake that fails proves that nothing was sent", async (t) => {
  const { url, received } = await openBird(t, (response) => response.end());
  const answer = await clientOf(t, url.replace("http:", "https:")).send(post);
  assert.equal(answer.kind, "not_sent");
  assert.deepEqual(received, []);
  assertNoSecret(answer);
});

test("a TLS handshake that never ends proves that nothing was sent", async (t) => {
  const sockets: Socket[] = [];
  const port = await listen(
    t,
    createTcpServer((socket) => sockets.push(socket)),
  );
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  const answer = await clientOf(t, `https://127.0.0.1:${port}`, 100).send(post);
  assert.deepEqual(answer, { kind: "not_sent", reason: "ETIMEDOUT" });
});

const lost: readonly {
  readonly name: string;
  readonly answer: (response: ServerResponse) => void;
  readonly reason: RegExp;
}[] = [
  {
    name: "a connection reset after the request was read",
    answer: ({ req }) => req.socket.resetAndDestroy(),
    reason: /^ECONNRESET$/,
  },
  {
    name: "a connection closed without an answer",
    answer: ({ req }) => req.socket.end(),
    reason: /^ECONNRESET$/,
  },
  {
    name: "an answer cut off in its body",
    answer: (response) => {
      response.writeHead(201, { "content-length": "100" });
      response.write('{"id":"c"', () => response.req.socket.destroy());
    },
    reason: /^E/,
  },
  {
    name: "an answer that is no HTTP",
    answer: ({ req }) => req.socket.end("nonsense\r\n\r\n"),
    reason: /^HPE_/,
  },
  {
    name: "an answer that claims a compression it has not",
    answer: (response) => response.writeHead(201, { "content-encoding": "gzip" }).end('{"id":"c"}'),
    reason: /^E/,
  },
];

for (const { name, answer, reason } of lost) {
  test(`${name} leaves open whether the work was done, and is not repeated`, async (t) => {
    const { client, received } = await openBird(t, answer);
    const result = await client.send(post);
    assert.equal(result.kind, "unanswered");
    assert.match(result.kind === "unanswered" ? result.reason : "", reason);
    assert.equal(received.length, 1);
    assertNoSecret(result);
  });
}

test("no answer within the time-out leaves open whether the work was done", async (t) => {
  const { client, received } = await openBird(t, () => undefined, 100);
  const answer = await client.send(post);
  assert.deepEqual(answer, { kind: "unanswered", reason: "ETIMEDOUT" });
  assert.equal(received.length, 1);
});

test("a reset on a connection that served before is not taken for a connection never made", async (t) => {
  const { client, received } = await openBird(t, (response) => {
    if (received.length === 1) response.end("{}");
    else response.req.socket.resetAndDestroy();
  });
  assert.equal((await client.send(post)).kind, "answered");
  assert.equal((await client.send(post)).kind, "unanswered");
  assert.equal(received.length, 2);
});

test("a call that its caller cuts off is unanswered, by a reason of its own", async (t) => {
  const controller = new AbortController();
  const { client } = await openBird(t, () => controller.abort());
  const answer = await client.send({ ...post, signal: controller.signal });
  assert.deepEqual(answer, { kind: "unanswered", reason: "ERR_ABORTED" });
});

test("a call cut off before it began sends nothing", async (t) => {
  const { client, received } = await openBird(t, (response) => response.end());
  const answer = await client.send({ ...post, signal: AbortSignal.abort() });
  assert.equal(answer.kind, "unanswered");
  assert.equal(received.length, 0);
});

test("a closed client closes its idle connections, without waiting for Bird to", async (t) => {
  const connected = Promise.withResolvers<Socket>();
  const { url } = await openBird(t, (response) => {
    connected.resolve(response.req.socket);
    response.end("{}");
  });
  const client = createBirdClient({ baseUrl: url, accessKey, requestTimeoutMs: 5000 });
  await client.send(post);
  const socket = await connected.promise;
  // Node's servers keep an idle connection for five seconds.
  const closed = once(socket, "close", { signal: AbortSignal.timeout(2000) });
  client.close();
  await closed;
});

const uuid = "9b2d7a60-1c1e-4c7e-8f0b-2f7d3b1c5e22";

/** Every way an answered create can end. */
const outcomes: readonly (readonly [number, unknown, object])[] = [
  [200, { id: "c" }, { kind: "created", connectorId: "c" }],
  [201, { id: "c", channel: null, more: 1 }, { kind: "created", connectorId: "c" }],
  [202, { id: "c" }, { kind: "created", connectorId: "c" }],
  [200, undefined, { kind: "unknown", birdStatus: 200, reason: "HTTP 200 without a connector" }],
  [201, { id: "" }, { kind: "unknown", birdStatus: 201 }],
  [201, { id: 5 }, { kind: "unknown", birdStatus: 201 }],
  [204, undefined, { kind: "unknown", birdStatus: 204 }],
  [301, undefined, { kind: "unknown", birdStatus: 301, reason: "HTTP 301" }],
  [400, { code: "BadRequest" }, { kind: "rejected", birdStatus: 400, birdCode: "BadRequest" }],
  [401, undefined, { kind: "denied", code: "unauthorized" }],
  [403, undefined, { kind: "denied", code: "forbidden" }],
  [404, { code: "ResourceNotFound" }, { kind: "workspace_not_found", birdCode: "ResourceNotFound" }],
  [405, undefined, { kind: "rejected", birdStatus: 405 }],
  [408, undefined, { kind: "unknown", birdStatus: 408 }],
  [409, { code: "Conflict" }, { kind: "conflict", birdCode: "Conflict", candidateIds: [] }],
  [409, undefined, { kind: "conflict", birdCode: undefined, candidateIds: [] }],
  [409, { details: { connector: [uuid, uuid] } }, { kind: "conflict", candidateIds: [uuid] }],
  [409, { details: `exists: ${uuid}` }, { kind: "conflict", candidateIds: [uuid] }],
  [413, undefined, { kind: "rejected", birdStatus: 413 }],
  [415, undefined, { kind: "rejected", birdStatus: 415 }],
  [422, { code: "InvalidPayload" }, { kind: "rejected", birdStatus: 422, birdCode: "InvalidPayload" }],
  [429, undefined, { kind: "rate_limited", retryAfterMs: 3000 }],
  [499, undefined, { kind: "rejected", birdStatus: 499 }],
  [500, undefined, { kind: "unknown", birdStatus: 500, reason: "HTTP 500" }],
  [502, undefined, { kind: "unknown", birdStatus: 502 }],
  [503, undefined, { kind: "unknown", birdStatus: 503 }],
  [504, undefined, { kind: "unknown", birdStatus: 504 }],
];

for (const [status, body, expected] of outcomes) {
  test(`a create answered with ${status} and ${JSON.stringify(body)} is ${JSON.stringify(expected)}`, async (t) => {
    const { client, received } = await openBird(t, (response) => {
      response.writeHead(status, { "retry-after": "3" }).end(JSON.stringify(body));
    });
    const outcome = await createConnectors({ client }).create("ws-1", {
      name: "Acme",
      connectorTemplateRef: "whatsapp:1",
      arguments: { wabaId: "1", phoneId: "2", phoneNumber: "+14155550123" },
      securityArguments: { oauth: { accessToken } },
    });
    assert.partialDeepStrictEqual(outcome, expected);
    assert.deepEqual(
      received.map(({ url }) => url),
      ["/workspaces/ws-1/connectors"],
    );
    assertNoSecret(outcome);
  });
}

test("a create that was not sent is distinguished from one that was not answered", () => {
  assert.deepEqual(createOutcome({ kind: "not_sent", reason: "ECONNREFUSED" }), {
    kind: "not_sent",
    reason: "ECONNREFUSED",
  });
  assert.deepEqual(createOutcome({ kind: "unanswered", reason: "ECONNRESET" }), {
    kind: "unknown",
    reason: "ECONNRESET",
    birdStatus: undefined,
  });
});

test("of a 409's many ids ten are looked at, each once", () => {
  const ids = Array.from({ length: 12 }, (_, index) => uuid.replace(/..$/, String(index).padStart(2, "0")));
  const body = { details: { known: [...ids, ...ids] } };
  const outcome = createOutcome({
    kind: "answered",
    status: 409,
    body,
    birdCode: "x",
    retryAfterMs: undefined,
  });
  assert.deepEqual(outcome.kind === "conflict" ? outcome.candidateIds : undefined, ids.slice(0, 10));
});

test("an answer without end is given up, in little memory, and nothing is concluded from it", async (t) => {
  const page = Buffer.alloc(65_536, " ");
  let sentBytes = 0;
  const { client } = await openBird(t, (response) => {
    response.writeHead(201, { "content-type": "application/json" });
    const more = (): void => {
      while (!response.destroyed && response.write(page)) sentBytes += page.length;
    };
    response.on("drain", more);
    more();
  });
  assert.deepEqual(await client.send(post), { kind: "unanswered", reason: "ERR_ANSWER_TOO_LARGE" });
  assert.ok(sentBytes < 50_000_000, String(sentBytes));
});

test("an answer of a megabyte is read", async (t) => {
  const name = "x".repeat(1_000_000);
  const { client } = await openBird(t, (response) => response.end(JSON.stringify({ name })));
  const answer = await client.send({ method: "GET", path: "/workspaces/w/connectors" });
  assert.partialDeepStrictEqual(answer, { kind: "answered", status: 200, body: { name } });
});
