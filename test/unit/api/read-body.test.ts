import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import test from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { readBody } from "../../../src/api/server/read-body.ts";

/** Sends `size` bytes every two milliseconds until it is stopped. */
const drip = (size: number) => {
  const body = new PassThrough();
  const timer = setInterval(() => body.write(Buffer.alloc(size)), 2);
  const end = (): void => {
    clearInterval(timer);
    body.end();
  };
  return { body, end };
};
const { signal } = new AbortController();

test("an upload that drips is given up, with a problem that says so", async () => {
  const { body, end } = drip(1);
  const { bytes } = readBody(body, signal, { everyMs: 50 });
  await assert.rejects(Array.fromAsync(bytes), { code: "upload_too_slow" });
  end();
});

test("an upload that brings a kibibyte in time, or waits for its reader, is not", async () => {
  const { body, end } = drip(600);
  const { bytes } = readBody(body, signal, { everyMs: 50 });
  let received = 0;
  for await (const chunk of bytes) {
    received += chunk.length;
    // For a while its reader is the slow one, by several times what an upload is given.
    if (received < 6000) await pause(60);
    if (received >= 60_000) end();
  }
  assert.ok(received >= 60_000);
});

test("bytes that are read ahead are limited, and come in order with the rest", async () => {
  const [size, count] = [1_048_576, 40];
  let made = 0;
  const body = Readable.from(
    (function* () {
      for (; made < count; made += 1) yield Buffer.alloc(size, made);
    })(),
  );
  const { bytes, readAhead } = readBody(body, signal);
  await readAhead();
  assert.ok(made > 10 && made < count - 10, `${made} of ${count} MiB are held`);
  const firsts = (await Array.fromAsync(bytes)).map(([first]) => first);
  assert.deepEqual(
    firsts,
    Array.from({ length: count }, (_, n) => n),
  );
});
