import assert from "node:assert/strict";
import test from "node:test";
import { readSamples } from "../../../src/queue/batches/view.ts";

const at = "2026-02-03T04:05:06.000Z";
const ms = Date.parse(at);

test("samples of a batch are read oldest first, with their outcomes", () => {
  assert.deepEqual(readSamples([`${ms + 5000}:9:2:1`, `${ms}:4:1:0`]), [
    { at, ended: 4, failed: 1, cancelled: 0 },
    { at: "2026-02-03T04:05:11.000Z", ended: 9, failed: 2, cancelled: 1 },
  ]);
});

test("samples of an earlier version have no outcomes, and what a later one adds is left out", () => {
  assert.deepEqual(readSamples([`${ms}:4`]), [{ at, ended: 4 }]);
  assert.deepEqual(readSamples([`${ms}:4:1`]), [{ at, ended: 4 }]);
  assert.deepEqual(readSamples([`${ms}:4:1:0:7`]), [{ at, ended: 4, failed: 1, cancelled: 0 }]);
});

test("what is no sample stands for none", () => {
  for (const text of ["", "x", "0:4", `${ms}`, `${ms}:x`, `${ms}:`, `-${ms}:1:0:0`, "9".repeat(40)])
    assert.deepEqual(readSamples([text]), [], text);
});
