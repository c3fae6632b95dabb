import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { backoffMs } from "../../../src/worker/backoff.ts";

const longest = { baseMs: 1000, capMs: 300_000, random: () => 1 };

test("the longest pause doubles with every try, from the base", () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((tries) => backoffMs(tries, longest)),
    [1000, 2000, 4000, 8000],
  );
});

test("no pause is longer than the cap, however many tries there were", () => {
  for (const tries of [10, 50, 1023, 5000]) assert.equal(backoffMs(tries, longest), 300_000);
});

test("the jitter is full: a pause is any share of the longest one", () => {
  assert.equal(backoffMs(3, { ...longest, random: () => 0.25 }), 1000);
  assert.equal(backoffMs(3, { ...longest, random: () => 0.5 }), 2000);
});

test("a pause is at least a millisecond, so that a job is never due at once", () => {
  assert.equal(backoffMs(1, { ...longest, random: () => 0 }), 1);
  assert.equal(backoffMs(1, { baseMs: 1, capMs: 1, random: () => 0.1 }), 1);
});

test("without a source of randomness pauses differ", () => {
  const pauses = Array.from({ length: 20 }, () => backoffMs(8, { baseMs: 1000, capMs: 300_000 }));
  assert.ok(new Set(pauses).size > 1);
});

test("every pause is a whole number of milliseconds within its bounds", () => {
  const settings = fc.record({
    baseMs: fc.integer({ min: 1, max: 1e9 }),
    capMs: fc.integer({ min: 1, max: 1e9 }),
    share: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), settings, (tries, { baseMs, capMs, share }) => {
      const pauseMs = backoffMs(tries, { baseMs, capMs, random: () => share });
      assert.ok(Number.isInteger(pauseMs));
      assert.ok(pauseMs >= 1 && pauseMs <= Math.min(capMs, baseMs * 2 ** (tries - 1)));
    }),
  );
});
