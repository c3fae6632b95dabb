import assert from "node:assert/strict";
import test from "node:test";
import { retryDelayMs, retryScheduleMs } from "../../../src/notify/retry-schedule.ts";

const delays = (random: number, askedMs?: number) =>
  retryScheduleMs.map((_, failures) =>
    retryDelayMs(failures, { scheduleMs: retryScheduleMs, askedMs, random: () => random }),
  );

test("requests follow the specification's schedule, about 75 hours in all", () => {
  const seconds = [0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
  assert.deepEqual(
    delays(0),
    seconds.map((each) => each * 1000),
  );
  const totalSeconds = seconds.reduce((sum, each) => sum + each, 0);
  assert.equal(totalSeconds, 75 * 3600 + 35 * 60 + 5);
});

test("jitter adds up to a fifth and never shortens", () => {
  assert.equal(delays(0.5)[2], 330_000);
  assert.equal(delays(1)[2], 360_000);
});

test("after the tenth failure there is no further request", () => {
  const options = { scheduleMs: retryScheduleMs, askedMs: undefined, random: () => 0 };
  assert.equal(retryDelayMs(10, options), undefined);
  assert.equal(retryDelayMs(10, { ...options, askedMs: 1000 }), undefined);
});

test("Retry-After lengthens a delay, never shortens it, and is not believed beyond a day", () => {
  assert.equal(delays(0, 60_000)[1], 60_000);
  assert.equal(delays(0, 60_000)[2], 300_000);
  assert.equal(delays(0, 10 * 86_400_000)[1], 86_400_000);
});
