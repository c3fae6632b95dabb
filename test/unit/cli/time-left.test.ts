import assert from "node:assert/strict";
import { it } from "node:test";
import { timeLeft } from "../../../src/cli/terminal/time-left.ts";

it("says a guessed time in the words of people", () => {
  const minuteMs = 60_000;
  for (const [ms, words] of [
    [0, "a few seconds left"],
    [5000, "about 10 s left"],
    [41_000, "about 50 s left"],
    [55_000, "about 1 min left"],
    [170_000, "about 3 min left"],
    [59.4 * minuteMs, "about 59 min left"],
    [59.6 * minuteMs, "about 1 h left"],
    [129 * minuteMs, "about 2 h 10 min left"],
    [178 * minuteMs, "about 3 h left"],
    [26 * 60 * minuteMs, "about 1 day left"],
    [70 * 60 * minuteMs, "about 3 days left"],
  ] as const)
    assert.equal(timeLeft(ms), words);
});
