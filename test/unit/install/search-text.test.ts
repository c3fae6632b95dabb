import assert from "node:assert/strict";
import test from "node:test";
import { readSearchText } from "../../../src/install/values/search-text.ts";

const finds = (text: string, number: string): boolean => readSearchText(text).isIn([number]);

test("a number is found as it is written in its own country, with its 0", () => {
  for (const text of ["02 5550 1128", "0255501128", "(02) 5550-1128", "5550 1128", "+61 2 5550 1128"])
    assert.ok(finds(text, "+61255501128"), text);
  for (const text of ["03 5550 1128", "055501", "0 2"]) assert.ok(!finds(text, "+61255501128"), text);
});
