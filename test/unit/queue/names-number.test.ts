import assert from "node:assert/strict";
import test from "node:test";
import { namesNumber } from "../../../src/queue/erase/names-number.ts";

const number = "+14155550123";

test("a number is recognised however it is spaced", () => {
  for (const text of ['{"identifier":"+1 (415) 555-0123"}', "0014155550123", "x,1 415.555.0123,y", number])
    assert.equal(namesNumber(text, [number]), true, text);
});

test("digits that only contain a number, or lack its country code, are not it", () => {
  const forms = [number, "+14155550125"];
  for (const text of ["", "141555501234", "2314155550123", "(415) 555-0123", "+14155550124"])
    assert.equal(namesNumber(text, forms), false, text);
});
