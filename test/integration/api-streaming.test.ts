import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import test from "node:test";
import { hashApiKey } from "../../src/api/auth/api-keys.ts";
import { batchPageSchema } from "../../src/api/batches/schema.ts";
import { problemSchema } from "../../src/api/server/problem-schema.ts";
import { batchSchema } from "../../src/install/batch.ts";
import { installSchema } from "../../src/install/install.ts";
import { createApiClient } from "../support/api-client.ts";
import { type Stack, withStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { csvHeader, csvLine, csvOf, numberedRequest, openUpload } from "../support/upload.ts";

const names = ["one", "two"] as const;
const keys = names.map((name) => ({
  name,
  hash: hashApiKey(`${name}-key`),
  scopes: ["write" as const],
}));

/** Begins a GET and waits for its head. */
const begin = async (url: string, key: string) => {
  const outgoing = request(url, { headers: { authorization: `Bearer ${key}` } });
  outgoing.end();
  const [incoming]: IncomingMessage[] = await once(outgoing, "response");
  incoming?.on("error", () => undefined).resume();
  return { status: incoming?.statusCode, leave: () => outgoing.on("error", () => undefined).destroy() };
};

const withApi = (run: (url: string, stack: Stack) => Promise<void>): Promise<void> =>
  withStack({ startsPaused: true }, async (stack) => run((await stack.startAnApi({ keys })).url, stack));

const makeBatch = async (url: string) => {
  const call = createApiClient(url, "one-key");
  const headers = { "content-type": "text/csv" };
  return (await call("/v1/batches", { text: csvOf([numberedRequest(1)]), headers })).as(batchSchema);
};

test("a key has fifty event streams and waiting requests at once, and a place is free when one ends", () =>
  withApi(async (url) => {
    const { id } = await makeBatch(url);
    const events = `${url}/v1/batches/${id}/events`;
    const open = await Promise.all(Array.from({ length: 49 }, () => begin(events, "one-key")));
    assert.deepEqual(new Set(open.map(({ status }) => status)), new Set([200]));
    const call = createApiClient(url, "one-key");
    const made = (await call("/v1/installs", { json: numberedRequest(2) })).as(installSchema);
    const waiting = new AbortController();
    // The looks below may hold the last place when it arrives.
    const waitForEnd = async () => {
      for (;;) {
        const answer = await call(`/v1/installs/${made.id}?wait=60`, { signal: waiting.signal });
        if (answer.status !== 429) return answer;
      }
    };
    const waits = waitForEnd();
    const refusal = await until("the fiftieth waits", async () => {
      const next = await begin(events, "one-key");
      next.leave();
      if (next.status !== 429) return false;
      const answer = await call(`/v1/batches/${id}/events`);
      return answer.status === 429 && answer;
    });
    const { code, detail } = refusal.as(problemSchema);
    assert.deepEqual([refusal.status, code], [429, "too_many_open_requests"]);
    assert.match(detail, /At most 50 event streams and waiting requests/);
    assert.ok(Number(refusal.headers.get("retry-after")) > 0);
    const tooMany = await call(`/v1/installs/${made.id}?wait=60`);
    assert.equal(tooMany.as(problemSchema).code, "too_many_open_requests");
    assert.equal((await call(`/v1/installs/${made.id}`)).status, 200, "what does not last is answered");
    const other = await begin(events, "two-key");
    assert.equal(other.status, 200, "another key has places of its own");
    waiting.abort();
    await assert.rejects(waits);
    open[0]?.leave();
    const again: { leave: () => void }[] = [];
    await until("two places are free", async () => {
      const next = await begin(events, "one-key");
      if (next.status === 200) again.push(next);
      return again.length === 2;
    });
    for (const each of [...open, ...again, other]) each.leave();
  }));

test("a key has four uploads at once", () =>
  withApi(async (url) => {
    const begun = [1, 2, 3, 4].map((n) =>
      openUpload(`${url}/v1/batches?name=n${n}`, "text/csv", { authorization: "Bearer one-key" }),
    );
    for (const upload of begun) await upload.write(csvOf([numberedRequest(1)]));
    const call = createApiClient(url, "one-key");
    const headers = { "content-type": "text/csv" };
    const send = () => call("/v1/batches?dryRun=true", { text: csvOf([numberedRequest(1)]), headers });
    const refused = await until("all four are under way", async () => {
      const answer = await send();
      return answer.status === 429 && answer;
    });
    const { code, detail } = refused.as(problemSchema);
    assert.equal(code, "too_many_uploads");
    assert.match(detail, /At most 4 uploads of a key/);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    await begun[0]?.abort();
    await until("a place is free", async () => (await send()).status === 200);
    const ends = await Promise.all(begun.slice(1).map((upload) => upload.end()));
    assert.deepEqual(
      ends.map(({ status }) => status),
      [202, 202, 202],
    );
  }));

/** Sends the beginning of an upload, and cuts its connection. */
const cutUpload = async (
  url: string,
  { name, type, part }: Readonly<Record<"name" | "type" | "part", string>>,
) => {
  const { port, host } = new URL(url);
  const socket = connect(Number(port), "127.0.0.1");
  await once(socket, "connect");
  const head = [
    `POST /v1/batches?name=${name} HTTP/1.1`,
    `Host: ${host}`,
    "Authorization: Bearer one-key",
    `Content-Type: ${type}`,
    `Content-Length: ${part.length * 2}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  await new Promise((resolve) => socket.write(part, resolve));
  return () => socket.on("error", () => undefined).destroy();
};

const form = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n';

for (const [type, prefix] of [
  ["text/csv", ""],
  ["multipart/form-data; boundary=b", form],
] as const)
  test(`an upload whose connection is cut gives up its place, although much of it is not read yet: ${type}`, () =>
    withApi(async (url) => {
      const call = createApiClient(url, "one-key");
      const rows = 4000;
      const metadata = `"{""note"":""${"x".repeat(1100)}""}"`;
      const lines = Array.from(
        { length: rows },
        (_, n) => `${csvLine(numberedRequest(n)).trim()},${metadata}\n`,
      );
      // A shorter file is taken as a whole before its first row.
      const part = `${prefix}${csvHeader.trim()},metadata\n${lines.join("")}`;
      assert.ok(part.length > 4_194_304);
      const names = ["a", "b", "c", "d"];
      const cuts = await Promise.all(names.map((name) => cutUpload(url, { name, type, part })));
      const batches = async () => (await call("/v1/batches")).as(batchPageSchema).items;
      await until("all are being read", async () => (await batches()).length === names.length);
      for (const cut of cuts) cut();
      const again = { text: csvOf([numberedRequest(0)]), headers: { "content-type": "text/csv" } };
      await until(
        "there is a place",
        async () => (await call("/v1/batches?dryRun=true", again)).status === 200,
      );
      const read = (await batches()).map((batch) => batch.rows);
      assert.ok(Math.min(...read) < 3000, `of ${rows} rows each was read: ${read.join(", ")}`);
    }));
