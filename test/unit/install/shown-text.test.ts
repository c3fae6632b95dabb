import assert from "node:assert/strict";
import test from "node:test";
import { printJson, printLine } from "../../../src/cli/terminal/io.ts";
import { shownJson, withoutControls } from "../../../src/install/values/shown-text.ts";
import { createTestIo } from "../cli/test-io.ts";

/** Everything that may move a cursor, colour a terminal, or turn the direction of what follows. */
const steering = [
  ...Array.from({ length: 0x20 }, (_, code) => code),
  ...Array.from({ length: 0x21 }, (_, code) => 0x7f + code),
  ...[0x061c, 0x200e, 0x200f, 0x2028, 0x2029],
  ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069],
].map((code) => String.fromCharCode(code));

const assertPlain = (printed: string): void => {
  for (const character of steering)
    if (character !== "\n")
      assert.ok(!printed.includes(character), `U+${character.charCodeAt(0).toString(16)}`);
};

test("bug: --json prints characters that steer a terminal", () => {
  const resource = { name: `a${steering.join("b")}c`, [`member${steering.join("")}`]: [steering] };
  const io = createTestIo();
  printJson(io, resource);
  assertPlain(io.out());
  assert.deepEqual(JSON.parse(io.out()), resource);
});

test("a line shows none of them either", () => {
  const io = createTestIo();
  printLine(io, `a${steering.join("b")}c`);
  assertPlain(io.out());
});

test("other text is shown as it is", () => {
  const text = 'Café "ÅØ" 北京 عربى 😀 \\u009b';
  assert.equal(shownJson({ text }), JSON.stringify({ text }));
  assert.equal(withoutControls(`${text}\n\t\r`), `${text}\n\t\r`);
  assert.equal(withoutControls("\u001b[2J\u009b1m\u0000\u007f"), " [2J 1m  ");
});
