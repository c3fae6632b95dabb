import assert from "node:assert/strict";
import test from "node:test";
import { mutantsOf, mutated, sayMutant } from "../../mutation/mutants.ts";

const said = (text: string): readonly string[] =>
  mutantsOf("a.ts", text).map((mutant) => sayMutant(mutant).replace("a.ts:", ""));

test("comparisons, conditions and operands are changed", () => {
  assert.deepEqual(said("if (a < 3 && !b) run(c ?? d);"), [
    "1 condition: a < 3 && !b → true",
    "1 condition: a < 3 && !b → false",
    "1 operand: a < 3 && !b → a < 3",
    "1 operand: a < 3 && !b → !b",
    "1 boundary: < → <=",
    "1 number: 3 → 4",
    "1 statement: run(c ?? d); → ;",
    "1 operand: c ?? d → c",
    "1 operand: c ?? d → d",
  ]);
});

test("what is stored, filtered and chained is changed; types, messages and parts of factories are not", () => {
  assert.deepEqual(
    said(`
type Three = 3;
const f = (x: { readonly n: 3 }) => ({ ...x, a: x?.list.filter((y) => y === z) });
const g = createG({ f, b: 200 });
log.info({ a: 1 + a }, "words");
throw new Error(a < b ? "one" : "two");`),
    [
      "3 property: ...x → ...{}",
      "3 property: a: x?.list.filter((y) => y === z) → ...{}",
      "3 call: x?.list.filter((y) => y === z) → x?.list",
      "3 optional chain: ?. → .",
      "3 operator: === → !==",
      '5 log line: log.info({ a: 1 + a }, "words"); → ;',
      "5 number: 1 → 2",
    ],
  );
});

test("Lua in a template is changed, its strings and comments are not", () => {
  assert.deepEqual(
    said(`const lua = \`
-- not 1
local a = tonumber(redis.call('GET', '1 or 2'))
if a > 5 then return b end
redis.call('DEL', key)\`;`),
    [
      "4 Lua condition: a > 5 → true",
      "4 Lua condition: a > 5 → false",
      "4 Lua operator: > → >=",
      "4 Lua number: 5 → 6",
      "5 Lua statement: redis.call('DEL', key) → ",
    ],
  );
});

test("a call is changed by the name it has, and no other", () => {
  assert.deepEqual(said("const a = b.some(f).toString();"), ["1 call: some → every"]);
});

test("a mutant changes its own place only", () => {
  const text = "const a = b === c;";
  const [mutant] = mutantsOf("a.ts", text);
  assert.ok(mutant);
  assert.equal(mutated(text, mutant), "const a = b !== c;");
});
