import assert from "node:assert/strict";
import test from "node:test";
import { retryAfterMs } from "../../../src/http/retry-after-ms.ts";

const nowMs = Date.parse("2026-11-23T07:00:00Z");

test("Retry-After is read as seconds or as a date", () => {
  assert.equal(retryAfterMs("120", nowMs), 120_000);
  assert.equal(retryAfterMs("Mon, 23 Nov 2026 07:00:30 GMT", nowMs), 30_000);
  assert.equal(retryAfterMs("Mon, 23 Nov 2026 06:00:00 GMT", nowMs), 0);
});

test("what is neither is as if it were absent", () => {
  for (const header of [undefined, "", "soon", "1.5", "-3"])
    assert.equal(retryAfterMs(header, nowMs), undefined);
});
