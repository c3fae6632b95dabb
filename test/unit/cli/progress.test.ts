import assert from "node:assert/strict";
import { it } from "node:test";
import { createProgress } from "../../../src/cli/terminal/progress.ts";
import { createTestIo } from "./test-io.ts";

it("prints plain lines off a terminal, at most one a second and only with news", () => {
  const io = createTestIo();
  let nowMs = 0;
  const progress = createProgress({ io, hasBar: true, now: () => nowMs });
  for (const [atMs, text] of [
    [10, "a"],
    [1000, "b"],
    [1500, "c"],
    [2100, "b"],
    [2200, "d"],
    [2300, "e"],
  ] as const) {
    nowMs = atMs;
    progress.show(0.5, text);
  }
  progress.line("stays\u001b[2J");
  progress.stop();
  assert.equal(io.err(), "b\nd\nstays [2J\n");
});

it("prints plain lines on a terminal too when the share is unknown", () => {
  const io = createTestIo({ isTty: true });
  let nowMs = 0;
  const progress = createProgress({ io, hasBar: false, now: () => nowMs });
  nowMs = 1000;
  progress.show(0, "5 rows");
  progress.stop();
  assert.equal(io.err(), "5 rows\n");
});
