import assert from "node:assert/strict";
import test from "node:test";
import { readUpload } from "../../../src/api/batches/upload.ts";
import { ProblemError } from "../../../src/http/problem.ts";
import type { InputRow } from "../../../src/producer/put/enqueue-rows.ts";
import { ImportFileError } from "../../../src/producer/read/errors.ts";

async function* rowsThen(count: number, error?: Error): AsyncGenerator<InputRow> {
  for (let row = 1; row <= count; row += 1) yield { row, input: {} };
  if (error !== undefined) throw error;
}

const rowCount = async (rows: AsyncIterable<InputRow>): Promise<number> =>
  (await Array.fromAsync(rows)).length;

test("a file that breaks in its middle gives all rows before it, and the error", async () => {
  const fileError = new ImportFileError("The file is torn.");
  const upload = readUpload(rowsThen(300, fileError));
  assert.equal(await rowCount(upload.rows), 300);
  assert.equal(upload.fileError(), fileError);
  assert.equal(upload.stop(), undefined);
});

test("a reading that is stopped gives up the group that is not whole", async () => {
  const stop = new ProblemError({ status: 400, code: "bad_request", detail: "gone" });
  const upload = readUpload(rowsThen(300, stop));
  assert.equal(await rowCount(upload.rows), 250);
  assert.equal(upload.stop(), stop);
  assert.equal(upload.fileError(), undefined);
});

test("any other error is thrown", async () => {
  const upload = readUpload(rowsThen(1, new TypeError("a fault of the program")));
  await assert.rejects(rowCount(upload.rows), TypeError);
});
