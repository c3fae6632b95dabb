import assert from "node:assert/strict";
import test from "node:test";
import { sinceMsOf } from "../../../src/install/values/since.ts";

const nowMs = Date.parse("2026-11-29T12:00:00Z");

test("a time is read as a duration before now, a day or an ISO 8601 time, UTC without an offset", () => {
  for (const [text, expected] of [
    ["90s", "2026-11-29T11:58:30.000Z"],
    ["30m", "2026-11-29T11:30:00.000Z"],
    ["2h", "2026-11-29T10:00:00.000Z"],
    ["3D", "2026-11-26T12:00:00.000Z"],
    ["1w", "2026-11-22T12:00:00.000Z"],
    ["2026-11-01", "2026-11-01T00:00:00.000Z"],
    ["2026-11-01T08:30", "2026-11-01T08:30:00.000Z"],
    ["2026-11-01 08:30:15", "2026-11-01T08:30:15.000Z"],
    ["2026-11-01T08:30:00.5Z", "2026-11-01T08:30:00.500Z"],
    ["2026-11-01T08:30+02:00", "2026-11-01T06:30:00.000Z"],
    ["999999w", "1970-01-01T00:00:00.000Z"],
  ] as const)
    assert.equal(new Date(sinceMsOf(text, nowMs) ?? Number.NaN).toISOString(), expected, text);
});

test("other texts are no time", () => {
  for (const text of [
    "",
    "soon",
    "2",
    "h",
    "-2h",
    "2 h",
    "2y",
    "1.5h",
    "01.02.2026",
    "2026-02-30",
    "2026-13-01",
  ])
    assert.equal(sinceMsOf(text, nowMs), undefined, text);
  for (const text of ["2026-1-1", "2026-01-01T25:00", "2026-01-01T00:00+99:99x", "1969-01-01"])
    assert.equal(sinceMsOf(text, nowMs), undefined, text);
});
