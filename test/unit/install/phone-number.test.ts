import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { toE164 } from "../../../src/install/phone-number.ts";

const california = "+14155550123";

for (const text of [
  "+14155550123",
  "+1 415 555 0123",
  "+1 (415) 555-0123",
  "+1.415.555.0123",
  "+1/415/555/0123",
  "  +1-415-555-0123\t",
  "+1\u00a0415\u00a0555\u00a00123",
  "0014155550123",
  "00 1 415 555 0123",
  "14155550123",
  "1 415 555 0123",
]) {
  test(`${JSON.stringify(text)} is read as ${california}`, () => {
    assert.equal(toE164(text), california);
  });
}

test("a trunk zero in brackets or out of them is dropped, and Italy keeps its own", () => {
  assert.equal(toE164("+44 (0)20 7946 0958"), "+442079460958");
  assert.equal(toE164("+49 030 123456"), "+4930123456");
  assert.equal(toE164("+39 06 698 12345"), "+390669812345");
});

test("digits of other scripts come out as ASCII", () => {
  assert.equal(toE164("+١٤١٥٥٥٥٠١٢٣"), california);
  assert.equal(toE164("+１４１５５５５０１２３"), california);
});

test("a range nobody uses yet is taken: only the length is judged", () => {
  assert.equal(toE164("+19995550123"), "+19995550123");
});

for (const [what, text] of [
  ["nothing", ""],
  ["a plus alone", "+"],
  ["the prefix alone", "00"],
  ["two pluses", "++14155550123"],
  ["both prefixes", "+0014155550123"],
  ["a national number", "(415) 555-0123"],
  ["too few digits", "+1415555"],
  ["too many digits", "+1415555012345678"],
  ["a country nobody has", "+999123456789"],
  ["an extension", "+1 415 555 0123 x5"],
  ["an extension spelt out", "+1 415 555 0123 ext. 7"],
  ["an extension of RFC 3966", "+1-415-555-0123;ext=5"],
  ["letters on the keypad", "+1 800 FLOWERS"],
  ["letters after it", "+14155550123abc"],
  ["text before it", "call +14155550123"],
  ["two numbers", "+14155550123, +14155550124"],
  ["a spreadsheet's rounding", "1.41556E+10"],
] as const) {
  test(`${what} is no phone number`, () => {
    assert.equal(toE164(text), undefined);
  });
}

const numberLike = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."+0123456789 ()-./٣４x") }),
  fc.stringMatching(/^(\+|00)?[1-9][0-9]{6,16}$/),
);

test("whatever the text, the result is E.164 or nothing", () => {
  fc.assert(
    fc.property(numberLike, (text) => {
      fc.pre(text.replaceAll(/\D/g, "").length <= 15);
      const number = toE164(text);
      if (number !== undefined) assert.match(number, /^\+[1-9][0-9]{4,14}$/);
    }),
    { numRuns: 2000 },
  );
});

test("a result is read again as itself", () => {
  fc.assert(
    fc.property(numberLike, (text) => {
      fc.pre(!/0\D*0/.test(text.replace(/^\s*00/, "")));
      const number = toE164(text);
      if (number !== undefined) assert.equal(toE164(number), number);
    }),
    { numRuns: 2000 },
  );
});

test("bug: more than the fifteen digits of E.164 are taken where a country's plan allows them", () => {
  assert.equal(toE164("+49 170 1234567890 12"), undefined);
});

test("bug: of two zeros after the country code one is left, so the result is read again as another number", () => {
  for (const text of ["+49 00 30 123456", "+4400883567178"]) {
    const number = toE164(text);
    assert.equal(number === undefined ? undefined : toE164(number), number);
  }
});

test("invisible direction marks and full-width signs are no part of a number", () => {
  assert.equal(toE164("\u200e+1 415 555 0123\u202c"), "+14155550123");
  assert.equal(toE164("\uff0b14155550123"), "+14155550123");
});
