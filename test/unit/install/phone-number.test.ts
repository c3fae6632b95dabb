import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import {
  isSameNumber,
  readPhoneNumber,
  toE164,
  writtenForms,
} from "../../../src/install/values/phone-number.ts";

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

test("a range not in use yet is accepted: only the length is checked", () => {
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
  ["an unassigned country code", "+999123456789"],
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

/** What WhatsApp shows, what people type, and forms of before: each line is one number. */
const written: readonly (readonly [number: string, ...forms: string[]])[] = [
  ["+525512345678", "+52 55 1234 5678", "+52 1 55 1234 5678", "5215512345678", "+52 044 55 1234 5678"],
  ["+525512345678", "+52 045 55 1234 5678", "+52 01 55 1234 5678", "https://wa.me/5215512345678"],
  ["+5491123456789", "+54 9 11 2345-6789", "+54 11 15 2345-6789", "+54 9 11 15 2345-6789"],
  ["+5491123456789", "5491123456789", "+54 011 15 2345-6789", "+54 9 (011) 15-2345-6789"],
  ["+5492966123456", "+54 9 2966 12-3456", "+54 2966 15-12-3456", "+54 9 2966 15 123456"],
  ["+5541988887777", "+55 41 98888-7777", "+55 41 8888-7777", "554188887777", "+55 (041) 98888-7777"],
  ["+554133334444", "+55 41 3333-4444", "554133334444"],
  [
    "+14155550123",
    "whatsapp:+14155550123",
    "tel:+1-415-555-0123",
    "p:+14155550123",
    "https://wa.me/14155550123",
  ],
  ["+2290197123456", "+229 01 97 12 34 56"],
  ["+2250712345678", "+225 07 12 34 56 78"],
];
for (const [number, ...forms] of written) {
  test(`${forms.join(" · ")} are ${number}`, () => {
    for (const form of forms) assert.equal(toE164(form), number, form);
    for (const form of forms) assert.ok(isSameNumber(form, number), form);
  });
}

test("an Argentine mobile number is the same with and without its 9, and is kept as it was given", () => {
  assert.equal(toE164("+54 11 2345-6789"), "+541123456789");
  assert.ok(isSameNumber("+54 11 2345-6789", "+54 9 11 2345-6789"));
  assert.ok(!isSameNumber("+54 11 2345-6789", "+54 9 11 2345-6780"));
  assert.ok(!isSameNumber("no number", "no number"));
});

for (const forms of [
  ["+5491123456789", "+541123456789"],
  ["+525512345678", "+5215512345678"],
  ["+5511987654321", "+551187654321"],
  ["+551123456789"],
  ["+14155550123"],
  ["no number"],
])
  test(`a number is known in all of its forms, whichever it is asked for by: ${forms.join(", ")}`, () => {
    for (const form of forms) assert.deepEqual(writtenForms(form), forms);
    const [first = "", ...others] = forms;
    for (const other of others) assert.ok(isSameNumber(first, other), other);
  });

for (const [text, fault] of [
  ["+225 07 12 34 56", /has 8 digits after \+225 where numbers of Côte d’Ivoire have 10: 07, 05 or 01/],
  ["22507123456", /has 8 digits after \+225/],
  ["+229 97 12 34 56", /has 8 digits after \+229 where numbers of Benin have 10: 01 has stood before/],
  ["+84 162 123 4567", /has 10 digits after \+84 .* nine digits since 2018/],
  ["+221 77 12 345", /has 7 digits after \+221 .* since 2007/],
  ["+237 77 12 34 56", /has 8 digits after \+237 where numbers of Cameroon have 9: 6 has stood/],
  ["+506 888 7777", /has 7 digits after \+506 .* since 2008/],
  ["+52 55 1234", /^has 6 digits after \+52 where numbers of Mexico have 10$/],
  ["+1 415 555", /^has 6 digits after \+1 where numbers have 10$/],
  ["+49 12", /^has 2 digits after \+49 where numbers of Germany have 4 to 13$/],
  ["+44 7911", /^has 4 digits after \+44 where numbers have 7, 9, or 10$/],
  ["+1 415 555 0123 x5", /must not have an extension/],
  ["1.41556E+10", /was turned into a number by a spreadsheet/],
  ["1,41556e+10", /was turned into a number by a spreadsheet/],
  ["14155550123.0", /was turned into a number by a spreadsheet/],
  ["(415) 555-0123", /must be a phone number with its country code/],
  ["", /must be a phone number with its country code/],
] as const) {
  test(`${JSON.stringify(text)} is refused with what is wrong with it`, () => {
    const read = readPhoneNumber(text);
    assert.match("issue" in read ? read.issue : JSON.stringify(read), fault);
  });
}
