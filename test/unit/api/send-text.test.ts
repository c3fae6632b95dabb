import assert from "node:assert/strict";
import test from "node:test";
import { fastify } from "fastify";
import { sendText } from "../../../src/api/server/send-text.ts";
import { createLog } from "../../../src/log.ts";

/** The address of a server that answers with these pieces. */
const serve = async (pieces: () => AsyncGenerator<string>) => {
  const log = createLog({ level: "silent", role: "test" });
  const server = fastify();
  server.get("/", (_request, reply) =>
    sendText(reply, pieces(), { headers: { "content-type": "text/csv" }, log }),
  );
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, [Symbol.asyncDispose]: () => server.close() };
};

test("what fails before the first piece is answered as any other error", async () => {
  await using server = await serve(async function* () {
    yield await Promise.reject(new Error("away"));
  });
  const answer = await fetch(server.url);
  assert.equal(answer.status, 500);
  assert.match(answer.headers.get("content-type") ?? "", /json/);
  await answer.text();
});

test("what fails after the first piece cuts the connection", async () => {
  await using server = await serve(async function* () {
    yield "row,status\n";
    yield await Promise.reject(new Error("away"));
  });
  const answer = await fetch(server.url);
  assert.equal(answer.status, 200);
  await assert.rejects(answer.text());
});

test("pieces are dropped once the client reads no more", async () => {
  const givenUp = Promise.withResolvers<void>();
  await using server = await serve(async function* () {
    try {
      for (;;) yield "row\n".repeat(10_000);
    } finally {
      givenUp.resolve();
    }
  });
  const controller = new AbortController();
  await fetch(server.url, { signal: controller.signal });
  controller.abort();
  await givenUp.promise;
});
