import assert from "node:assert/strict";
import test from "node:test";
import { createHostLimits, type Entry } from "../../../src/notify/host-limits.ts";

/** Enters until the host is full. */
const fill = (enter: (host: string) => Entry, host: string) => {
  const entered: Extract<Entry, { kind: "go" }>[] = [];
  for (;;) {
    const entry = enter(host);
    if (entry.kind === "full") return { entered, delayMs: entry.delayMs };
    entered.push(entry);
  }
};

const limits = () => {
  let nowMs = 1_000_000;
  const enter = createHostLimits({ concurrency: 10, now: () => nowMs, random: () => 0 });
  return {
    enter,
    move: (byMs: number) => {
      nowMs += byMs;
    },
  };
};

test("one host never gets all places", () => {
  const { enter } = limits();
  assert.equal(fill(enter, "a").entered.length, 8);
  assert.equal(enter("b").kind, "go");
});

test("a silent host keeps two places until it answers again", () => {
  const { enter, move } = limits();
  const { entered } = fill(enter, "a");
  move(15_000);
  for (const each of entered) each.leave("silent");
  const two = fill(enter, "a").entered;
  assert.equal(two.length, 2);
  for (const each of two) each.leave("answered");
  assert.equal(fill(enter, "a").entered.length, 8);
});

test("a request that finds its host full waits longer than the one before, a minute at most", () => {
  const { enter, move } = limits();
  const { entered } = fill(enter, "a");
  move(15_000);
  for (const each of entered) each.leave("silent");
  fill(enter, "a");
  const delays = Array.from({ length: 30 }, () => {
    const entry = enter("a");
    return entry.kind === "full" ? entry.delayMs : assert.fail("the host is full");
  });
  assert.deepEqual(
    delays,
    delays.toSorted((a, b) => a - b),
  );
  assert.ok((delays[0] ?? 0) > 1000);
  assert.equal(delays.at(-1), 60_000);
});
