import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { readLogCalls } from "../../../docs/log-calls.ts";
import { logLines } from "../../../docs/log-lines.ts";
import { logsPage } from "../../../docs/write-logs.ts";

/** Files that pass on a sentence of another: what the settings lack, what Redis or the sandbox says. */
const passingOn = new Set([
  "cli/open/open-redis.ts",
  "cli/roles/sandbox.ts",
  "cli/roles/stack.ts",
  "main/set-up.ts",
]);

const calls = readLogCalls();

test("docs/logs.md is what the list of lines says (npm run docs writes it)", () => {
  const page = readFileSync(new URL("../../../docs/logs.md", import.meta.url), "utf8");
  assert.equal(page, logsPage());
});

test("every line of the log is listed with its level, and none that is not written", () => {
  const written = calls.flatMap(({ level, message }) =>
    message === undefined ? [] : [`${level} ${message}`],
  );
  assert.deepEqual(
    [...new Set(written)].sort(),
    logLines.map(({ level, message }) => `${level} ${message}`).sort(),
  );
});

test("a line's message is written out where it is logged, so that it can be searched for", () => {
  const others = calls.filter(({ message, file }) => message === undefined && !passingOn.has(file));
  assert.deepEqual(others, []);
});

test("no line has a member that could hold a secret or a customer's number", () => {
  const names = new Set(logLines.flatMap(({ fields }) => fields));
  for (const name of ["accessToken", "sealed", "body", "phoneNumber", "name"])
    assert.ok(!names.has(name), name);
});
