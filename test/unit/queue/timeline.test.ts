import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { readTimeline, timelineLine } from "../../../src/queue/installs/timeline.ts";

const at = "2026-01-02T03:04:05.678Z";
const atMs = Date.parse(at);

test("an entry is one line and comes back as it was written", () => {
  const line = timelineLine(atMs, "parked\nuntil later", { next: at, tries: 2, nothing: undefined });
  assert.ok(!line.includes("\n"));
  assert.deepEqual(readTimeline([line]), [{ at, what: "parked\nuntil later", next: at, tries: 2 }]);
});

test("entries keep the order of their lines", () => {
  const lines = ["first", "second", "third"].map((what) => timelineLine(atMs, what));
  assert.deepEqual(
    readTimeline(lines).map(({ what }) => what),
    ["first", "second", "third"],
  );
});

test("a line of another writer is kept as plain text without a time", () => {
  for (const line of [
    "50 % done",
    "",
    "5",
    "null",
    "[]",
    "{}",
    '{"at":"yesterday","what":"x"}',
    '{"at":1}',
  ]) {
    assert.deepEqual(readTimeline([line]), [{ at: "", what: line }]);
  }
});

test("details that are no text and no number are left out", () => {
  const line = JSON.stringify({ at, what: "x", deep: { a: 1 }, list: [1], yes: true, none: null, n: 1 });
  assert.deepEqual(readTimeline([line]), [{ at, what: "x", n: 1 }]);
});

test("no line makes the reader throw, and none is lost", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.json())), (lines) => {
      assert.equal(readTimeline(lines).length, lines.length);
    }),
  );
});
