import assert from "node:assert/strict";
import test from "node:test";
import {
  canarySchema,
  haltAtOf,
  haltAtSchema,
  importNameSchema,
} from "../../../src/producer/import/options.ts";

test("a canary is a whole number from 1 to 1000", () => {
  for (const text of ["1", "1000", 7]) assert.equal(canarySchema.parse(text), Number(text));
  for (const text of ["0", "1001", "1.5", "x", "", "-1", undefined])
    assert.equal(canarySchema.safeParse(text).success, false, String(text));
});

test("a halt is a percentage, with or without its sign", () => {
  for (const [text, percent] of [
    ["20", 20],
    ["20%", 20],
    ["12.5 %", 12.5],
    ["0", 0],
    ["100%", 100],
    [33, 33],
  ] as const)
    assert.equal(haltAtSchema.parse(text), percent);
  for (const text of ["101", "-1", "20%%", "%", "", "a%", undefined])
    assert.equal(haltAtSchema.safeParse(text).success, false, String(text));
});

test("a name is one line of 1 to 255 characters", () => {
  assert.equal(importNameSchema.parse(" numbers.csv "), "numbers.csv");
  for (const text of ["", "  ", "a\nb", "x".repeat(256), undefined])
    assert.equal(importNameSchema.safeParse(text).success, false);
});

test("a canary halts at 20 percent unless another share is given", () => {
  assert.equal(haltAtOf({}), undefined);
  assert.equal(haltAtOf({ canary: 5 }), 20);
  assert.equal(haltAtOf({ canary: 5, haltAt: 0 }), 0);
  assert.equal(haltAtOf({ haltAt: 40 }), 40);
});
