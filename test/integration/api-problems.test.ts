import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import test from "node:test";
import { pino } from "pino";
import type { ApiDeps } from "../../src/api/api-deps.ts";
import { buildApiServer } from "../../src/api/app.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { installSchema } from "../../src/install/install.ts";
import { createSeal, generateSealingKey, readSealingKeys } from "../../src/queue/secrets/seal.ts";
import { createApiClient } from "../support/api-client.ts";
import { installRequest } from "../support/request.ts";
import { withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { startPrivateRedis, withPrivateRedis } from "./private-redis.ts";

const json = { "content-type": "application/json" };

test("unreadable bodies are distinguished", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const call = createApiClient((await startAnApi()).url);
    const body = JSON.stringify(installRequest(1));
    for (const [name, sent, status, code] of [
      ["no JSON", { text: `{"a":`, headers: json }, 400, "invalid_json"],
      ["a prototype", { text: `{"__proto__":{"a":1}}`, headers: json }, 400, "invalid_json"],
      ["bytes that are no text", { text: "\u0000", headers: json }, 400, "invalid_json"],
      [
        "a form",
        { text: body, headers: { "content-type": "application/x-www-form-urlencoded" } },
        415,
        "unsupported_media_type",
      ],
      ["text", { text: body, headers: { "content-type": "text/plain" } }, 415, "unsupported_media_type"],
      [
        "a type that is none",
        { text: body, headers: { "content-type": "json" } },
        415,
        "unsupported_media_type",
      ],
      ["too much", { text: JSON.stringify({ name: "x".repeat(70_000) }), headers: json }, 413, "too_large"],
      ["an array", { json: [] }, 422, "invalid_request"],
      ["null", { json: null }, 422, "invalid_request"],
      ["a number", { json: 5 }, 422, "invalid_request"],
      ["nothing", { method: "POST" }, 422, "invalid_request"],
      ["no body, though announced", { method: "POST", headers: json }, 422, "invalid_request"],
    ] as const) {
      const answer = await call("/v1/installs", sent);
      assert.equal(answer.status, status, name);
      const problem = answer.as(problemSchema);
      assert.deepEqual([problem.status, problem.code], [status, code], name);
      assert.equal(problem.type, `urn:perch:problem:${code}`);
      assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/, name);
    }
    const charset = { "content-type": "Application/JSON; charset=utf-8" };
    assert.equal((await call("/v1/installs", { text: body, headers: charset })).status, 202);
  }));

test("unknown addresses are problems too", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const call = createApiClient((await startAnApi()).url);
    for (const [path, method, status] of [
      ["/v1/nothing", "GET", 404],
      ["/v1/installs/", "GET", 404],
      ["/v1/installs", "PUT", 405],
      ["/v1/installs/%ff", "GET", 400],
      [`/v1/installs/${"x".repeat(500)}`, "GET", 400],
    ] as const) {
      const answer = await call(path, { method });
      assert.equal(answer.status, status, path);
      assert.equal(answer.as(problemSchema).status, status);
    }
  }));

test("what is no HTTP at all is answered with a problem as well", () =>
  withStack({ startsPaused: true }, async ({ startAnApi }) => {
    const { hostname, port } = new URL((await startAnApi()).url);
    for (const [bytes, status] of [
      ["NONSENSE\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nhost: localhost\r\nx: ${"x".repeat(100_000)}\r\n\r\n`, 431],
    ] as const) {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      socket.on("error", () => undefined);
      socket.write(bytes);
      const answer = await text(socket);
      assert.match(
        answer,
        new RegExp(`^HTTP/1.1 ${status} .*\\r\\ncontent-type: application/problem\\+json`),
      );
      assert.equal(problemSchema.parse(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).status, status);
    }
  }));

/** An API all of whose parts fail, and its log. */
const brokenApi = async (error: Error) => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const fail = () => Promise.reject(error);
  const failing = async function* () {
    yield await fail();
  };
  const deps: ApiDeps = {
    producer: {
      enqueue: fail,
      enqueueSignup: fail,
      waitFor: fail,
      forecastRows: () => ({ rows: failing(), summary: fail }),
    },
    importRows: fail,
    batches: {
      ...{ find: fail, list: fail, isWithin: fail, failures: fail, readRows: fail, rows: failing },
      ...{ failureCounts: fail, faultCounts: fail, inputFile: fail, linesOf: fail },
      ...{ samples: fail, walkRows: failing, withInput: fail },
    },
    batchActions: { pause: fail, resume: fail, cancel: fail, retry: fail },
    findTrace: fail,
    manyActions: { retry: fail, cancel: fail },
    installs: {
      ...{ find: fail, findMany: fail, findWithTimeline: fail, timeline: fail, list: fail, lookUp: fail },
    },
    actions: { retry: fail, cancel: fail },
    uninstall: fail,
    sendTestMessage: fail,
    findWorkspace: fail,
    listWorkspaces: fail,
    prepareWorkspace: fail,
    changeAccessKey: fail,
    resumeWorkspace: fail,
    unmatchedEvents: { list: fail },
    unreadableEvents: { list: fail },
    listRefused: fail,
    notifications: { list: fail, find: fail, findDetail: fail, resend: fail },
    links: { find: fail, list: fail, revoke: fail },
    makeLink: fail,
    readCounted: fail,
    resendMany: fail,
    sendTestEvent: fail,
    notifyUrl: undefined,
    runDoctor: fail,
    readStats: fail,
    checkShards: () => Promise.resolve(),
    ready: fail,
    keys: [],
    seal: createSeal(readSealingKeys(generateSealingKey())),
    sandboxUrl: "http://127.0.0.1:3003",
    host: "127.0.0.1",
    redis: "",
    endedSessions: { end: fail, isEnded: fail },
    requestsPerSecond: 0,
    allowsHttp: false,
    version: "0",
    log: pino({ level: "debug" }, sink),
  };
  return { server: await buildApiServer(deps), lines };
};

test("an unexpected error is 500 without details, and in the log with its request's id", async () => {
  const { server, lines } = await brokenApi(new Error("CANARY of the inside"));
  const local = { host: "localhost" };
  for (const [method, url, payload] of [
    ["POST", "/v1/installs", installRequest(1)],
    ["GET", "/v1/installs", undefined],
    ["GET", "/v1/installs/01ARZ3NDEKTSV4RRFFQ69G5FAV", undefined],
    ["POST", "/v1/installs/01ARZ3NDEKTSV4RRFFQ69G5FAV/cancel", undefined],
    ["GET", "/v1/events/unmatched", undefined],
    ["GET", "/v1/batches", undefined],
    ["GET", "/v1/batches/01ARZ3NDEKTSV4RRFFQ69G5FAV/results", undefined],
    ["GET", "/readyz", undefined],
  ] as const) {
    const answer = await server.inject({ method, url, headers: local, ...(payload && { payload }) });
    assert.equal(answer.statusCode, 500, url);
    const problem = problemSchema.parse(answer.json());
    assert.equal(problem.code, "internal");
    assert.doesNotMatch(answer.body, /CANARY|inside/);
    assert.ok(
      lines.some((line) => line.includes("CANARY") && line.includes(problem.requestId ?? "?")),
      url,
    );
  }
  await server.close();
});

test("an answer that breaks its own schema does not leave the process", async () => {
  const { server } = await brokenApi(new Error("unused"));
  await server.close();
  await withStack({ startsPaused: true }, async ({ startAnApi, producer }) => {
    const sloppy = {
      ...producer,
      enqueue: async (...args: Parameters<typeof producer.enqueue>) => {
        const { install, created } = await producer.enqueue(...args);
        return { created, install: Object.assign(install, { accessToken: "CANARY", status: "odd" }) };
      },
    };
    const call = createApiClient((await startAnApi({}, sloppy)).url);
    const answer = await call("/v1/installs", { json: installRequest(1) });
    assert.equal(answer.status, 500);
    assert.doesNotMatch(answer.text, /CANARY/);
  });
});

test("while Redis is unreachable callers get 503 with Retry-After at once, and everything resumes when it is back", () =>
  withPrivateRedis(async ({ url: redisUrl, dataDir, stop }) => {
    await withStack({ redisUrl }, async ({ startAnApi }) => {
      const call = createApiClient((await startAnApi()).url);
      const first = await call("/v1/installs", { json: installRequest(1) });
      const { id } = first.as(installSchema);
      await call(`/v1/installs/${id}?wait=30`);
      await stop();
      await until("the loss is noticed", async () => (await call("/readyz")).status === 503);
      const startMs = performance.now();
      const file = {
        text: JSON.stringify(installRequest(2)),
        headers: { "content-type": "application/x-ndjson" },
      };
      for (const [path, request] of [
        ["/v1/installs", { json: installRequest(2) }],
        ["/v1/installs", {}],
        [`/v1/installs/${id}`, {}],
        [`/v1/installs/${id}/retry`, { method: "POST" }],
        [`/v1/installs/${id}/connector`, { method: "DELETE" }],
        ["/v1/workspaces/0b6f2f0c-7d1a-4f0e-9c55-3a1f0f6f4d10", {}],
        ["/v1/events/unmatched", {}],
        ["/v1/batches", {}],
        ["/v1/batches", file],
        ["/v1/batches?dryRun=true", file],
        ["/v1/batches/01ARZ3NDEKTSV4RRFFQ69G5FAV", {}],
        ["/v1/batches/01ARZ3NDEKTSV4RRFFQ69G5FAV/results", {}],
        ["/v1/batches/01ARZ3NDEKTSV4RRFFQ69G5FAV/events", {}],
        ["/v1/batches/01ARZ3NDEKTSV4RRFFQ69G5FAV/retry", { method: "POST" }],
        ["/v1/notifications", {}],
        ["/v1/connect-links", {}],
      ] as const) {
        const away = await call(path, request);
        assert.equal(away.status, 503, path);
        assert.equal(away.as(problemSchema).code, "unavailable");
        assert.ok(Number(away.headers.get("retry-after")) > 0);
      }
      assert.ok(performance.now() - startMs < 6000, "it does not hang");
      assert.equal((await call("/healthz")).status, 200, "alive all the same");
      await startPrivateRedis(dataDir);
      const queued = await until("it takes installs again", async () => {
        const answer = await call("/v1/installs", { json: installRequest(2) });
        return answer.status === 202 && answer;
      });
      // Each connection comes back by itself: one that waits may do so later than one that writes.
      const waited = await until("it waits for ends again", async () => {
        const answer = await call(`/v1/installs/${queued.as(installSchema).id}?wait=30`);
        return answer.status === 200 && answer;
      });
      assert.equal(waited.body.status, "completed");
    });
  }));

test("a long poll survives a reconnect to Redis", () =>
  withPrivateRedis(async ({ url: redisUrl, dataDir, stop }) => {
    const faults = [{ fault: { kind: "event_late", delayMs: 1500 } }] as const;
    await withStack({ redisUrl, sandbox: { faults } }, async ({ startAnApi, producer }) => {
      const waiting = Promise.withResolvers<void>();
      const watched = {
        ...producer,
        waitFor: (...args: Parameters<typeof producer.waitFor>) => {
          waiting.resolve();
          return producer.waitFor(...args);
        },
      };
      const call = createApiClient((await startAnApi({}, watched)).url);
      const { id } = (await call("/v1/installs", { json: installRequest(1) })).as(installSchema);
      await until("it is bound", async () => (await call(`/v1/installs/${id}`)).body.connectorId);
      // The first wait ever opens a connection of its own.
      await assert.rejects(producer.waitFor(id, { timeoutMs: 1 }));
      const waited = call(`/v1/installs/${id}?wait=60`);
      await waiting.promise;
      await stop();
      await until("the loss is noticed", async () => (await call("/readyz")).status === 503);
      await startPrivateRedis(dataDir);
      assert.equal((await waited).body.status, "completed");
    });
  }));
