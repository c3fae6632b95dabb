import assert from "node:assert/strict";
import test from "node:test";
import { birdPath, UnsafeIdError } from "../../../src/bird/bird-path.ts";

test("ids become parts of a path as they are", () => {
  assert.equal(
    birdPath`/workspaces/${"A-1"}/connectors/${"b2"}/status`,
    "/workspaces/A-1/connectors/b2/status",
  );
  assert.equal(birdPath`/workspaces`, "/workspaces");
});

for (const id of [
  "",
  ".",
  "..",
  "a/b",
  "%2e%2e",
  "a?b",
  "a#b",
  "a b",
  "a\\b",
  "ä",
  "x".repeat(65),
  "a\nb",
  "a:b",
]) {
  test(`${JSON.stringify(id)} is refused, wherever it stands`, () => {
    assert.throws(() => birdPath`/workspaces/${id}/connectors/${"b"}`, UnsafeIdError);
    assert.throws(() => birdPath`/workspaces/${"a"}/connectors/${id}`, UnsafeIdError);
  });
}
