import assert from "node:assert/strict";
import { it } from "node:test";
import { requestMembers } from "../../../src/install/request.ts";
import { detectFormat, sniffFormat } from "../../../src/producer/read/format.ts";
import { closeNames } from "../../../src/producer/read/names.ts";
import { chunksOf } from "./read-harness.ts";

it("detects a file's format by its ending", () => {
  for (const name of ["a.csv", "A.CSV", "dir.ndjson/a.tsv", "a.b.txt"])
    assert.equal(detectFormat(name), "csv");
  for (const name of ["a.ndjson", "a.JSONL"]) assert.equal(detectFormat(name), "ndjson");
  for (const name of ["a", "a.json", "csv", "dir.csv/a"]) assert.equal(detectFormat(name), undefined);
});

it("detects a stream's format by its first character and loses no byte of it", async () => {
  for (const [content, expected] of [
    ['{"a":1}', "ndjson"],
    ["\ufeff\r\n  [", "ndjson"],
    ["\ufeffworkspaceId", "csv"],
    ["", "csv"],
  ] as const) {
    for (const sizeBytes of [1, 100]) {
      const { format, chunks } = await sniffFormat(chunksOf(content, sizeBytes));
      assert.equal(format, expected);
      assert.equal(Buffer.concat(await Array.fromAsync(chunks)).toString(), content);
    }
  }
});

it("finds the names that a mistyped one may have meant", () => {
  const meant = (name: string) => closeNames(name, requestMembers);
  assert.deepEqual(meant("wabba").slice(0, 1), ["wabaId"]);
  assert.deepEqual(meant("token").slice(0, 1), ["accessToken"]);
  assert.ok(meant("phone").includes("phoneNumber"));
  assert.deepEqual(meant("workspace")[0], "workspaceId");
  assert.deepEqual(meant("favourite colour"), []);
});
