import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { input, readAll } from "./read-harness.ts";

const read = (content: string, options = {}) => readAll(content, { format: "ndjson", ...options });

describe("reading NDJSON", () => {
  it("takes one object a line, with a BOM, blank lines and any line ends", async () => {
    const content = `\ufeff${JSON.stringify(input(1))}\r\n\r\n${JSON.stringify(input(2))}\n  \n`;
    for (const sizeBytes of [1, 100_000]) {
      assert.deepEqual(await read(content, { sizeBytes }), [
        { row: 1, input: input(1) },
        { row: 2, input: input(2) },
      ]);
    }
  });

  it("makes an error row of a broken line, without its text, and goes on", async () => {
    const read2 = await read(`{"accessToken":"EAAG-canary\n"text"\n[1]\n${JSON.stringify(input(4))}`);
    const notObject = [
      {
        path: "",
        message: "is not a JSON object: write one object with the members of an install request",
      },
    ];
    assert.deepEqual(read2, [
      {
        row: 1,
        input: {},
        errors: [{ path: "", message: "is not valid JSON: write one complete JSON object a line" }],
      },
      { row: 2, input: {}, errors: notObject },
      { row: 3, input: {}, errors: notObject },
      { row: 4, input: input(4) },
    ]);
  });

  it("drops the members of a result, and unknown ones only when asked to", async () => {
    const line = JSON.stringify({ row: 9, status: "failed", action: "Wait", label: "x", ...input(1) });
    assert.deepEqual(await read(line), [{ row: 1, input: { label: "x", ...input(1) } }]);
    assert.deepEqual(await read(line, { ignoreUnknownColumns: true }), [{ row: 1, input: input(1) }]);
  });

  it("refuses an empty file and one JSON array, and names a line with a NUL", async () => {
    await assert.rejects(read("\n"), /ImportFileError: The file is empty/);
    await assert.rejects(read("[\n{}\n]"), /ImportFileError: The file is one JSON array/);
    const [, second] = await read("{}\n{\0}");
    assert.ok(second !== undefined && "errors" in second);
    assert.match(second.errors[0]?.message ?? "", /^holds NUL bytes/);
  });

  it("names a member with a character that an earlier program lost", async () => {
    const [row] = await readAll('{"name":"M\ufffdller"}', { format: "ndjson" });
    assert.ok(row !== undefined && "errors" in row);
    assert.match(row.errors[0]?.message ?? "", /which stands for a character that an earlier program lost/);
  });
});
