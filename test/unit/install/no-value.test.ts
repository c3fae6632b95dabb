import assert from "node:assert/strict";
import { it } from "node:test";
import { accessTokenIssue, signupCodeIssue } from "../../../src/install/values/access-token.ts";
import { isNoValue } from "../../../src/install/values/no-value.ts";
import { isStandIn, textIssue } from "../../../src/producer/read/cell-faults.ts";

const anywhere = [
  "null",
  "NULL",
  "n/a",
  "\\N",
  "undefined",
  "(null)",
  "<null>",
  "-",
  "--",
  "–",
  "(none)",
  "#NULL",
];
const besideNames = [
  "None",
  "nil",
  "NaN",
  "TBD",
  "tba",
  "todo",
  "???",
  "___",
  "xxxx",
  "...",
  "leer",
  "Not available",
];

it("takes the same words for no value in a token, a code and a cell", () => {
  for (const text of [...anywhere, ...besideNames]) {
    assert.equal(isNoValue(text, { isName: false }), true, text);
    for (const issueOf of [accessTokenIssue, signupCodeIssue])
      assert.equal(issueOf(text), "is a placeholder: put the real one in its place", text);
    assert.match(
      textIssue("wabaId", text) ?? "",
      /^is a placeholder and no value|^is what a spreadsheet shows/,
    );
    assert.equal(isStandIn("callbackUrl", text, false), true, text);
  }
});

it("leaves a name that is also such a word", () => {
  for (const text of anywhere) assert.equal(isNoValue(text, { isName: true }), true, text);
  for (const text of besideNames) assert.equal(textIssue("name", text), undefined, text);
});

it("leaves values that only look like one", () => {
  for (const text of ["Nullarbor", "na-1", "-5", "EAAGnull", "x", "xx", "x".repeat(65), "106540352242001"])
    assert.equal(isNoValue(text, { isName: false }), false, text);
});
