import assert from "node:assert/strict";
import test from "node:test";
import { generateSealingKey, parseSealingKeys, readSealingKeys } from "../../../src/queue/secrets/seal.ts";

const encoded = (fill: number): string => Buffer.alloc(32, fill).toString("base64url");

test("a generated key is read back as 32 bytes under the day it was made", () => {
  const text = generateSealingKey(new Date("2026-03-04T23:59:59Z"));
  const [key, ...others] = readSealingKeys(text);
  assert.match(key?.kid ?? "", /^k20260304-[0-9a-f]{6}$/);
  assert.equal(key?.bytes.length, 32);
  assert.deepEqual(others, []);
});

test("no two generated keys are the same", () => {
  const made = Array.from({ length: 100 }, () => generateSealingKey());
  assert.equal(new Set(made.map((text) => text.split(":")[1])).size, 100);
});

test("keys are read in their order, with blanks around the commas", () => {
  const keys = parseSealingKeys(`new:${encoded(1)}, old.1_a-B:${encoded(2)} ,oldest:${encoded(3)}\n`);
  assert.deepEqual(
    keys?.map(({ kid, bytes }) => [kid, Buffer.from(bytes).equals(Buffer.alloc(32, bytes[0] ?? 0))]),
    [
      ["new", true],
      ["old.1_a-B", true],
      ["oldest", true],
    ],
  );
  assert.deepEqual(
    keys?.map(({ bytes }) => bytes[0]),
    [1, 2, 3],
  );
});

const good = `k:${encoded(1)}`;
for (const [what, text] of [
  ["nothing", ""],
  ["a gap", `${good},`],
  ["a gap at the front", `,${good}`],
  ["no name", `:${encoded(1)}`],
  ["no key", "k:"],
  ["no colon", encoded(1)],
  ["31 bytes", `k:${Buffer.alloc(31).toString("base64url")}`],
  ["33 bytes", `k:${Buffer.alloc(33).toString("base64url")}`],
  ["padding", `k:${Buffer.alloc(32).toString("base64")}`],
  ["the standard alphabet", `k:${Buffer.alloc(32, 0xff).toString("base64").replace("=", "")}`],
  ["a blank within", `k: ${encoded(1)}`],
  ["a name with a letter of another script", `ключ:${encoded(1)}`],
  ["a name too long", `${"k".repeat(65)}:${encoded(1)}`],
  ["one bad key among good ones", `${good},x`],
  ["a name twice", `${good},k:${encoded(2)}`],
] as const) {
  test(`${what} makes the whole list malformed`, () => {
    assert.equal(parseSealingKeys(text), undefined);
    assert.throws(() => readSealingKeys(text), TypeError);
  });
}
