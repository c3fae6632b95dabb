import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { guardCell, restoreCell } from "../../../src/producer/read/csv-cells.ts";
import { resultsText, writeResults } from "../../../src/producer/results/file.ts";
import type { ResultRow } from "../../../src/producer/results/rows.ts";

async function* rejected(name: string): AsyncGenerator<ResultRow> {
  yield {
    row: 1,
    status: "rejected",
    errorMessage: "name must not have control characters",
    input: { name },
  };
}

const textOf = async (name: string, format: "csv" | "ndjson"): Promise<string> =>
  (await Array.fromAsync(resultsText(rejected(name), format))).join("");

for (const format of ["csv", "ndjson"] as const)
  test(`bug: a rejected row puts raw controls into ${format} results`, async () => {
    const text = await textOf("\u001b]0;owned\u0007\u009b31m\u0000\u007fShop", format);
    assert.doesNotMatch(text, /(?![\n\r\t])\p{Cc}/u);
    assert.match(text, /Shop/);
  });

for (const cell of [
  "=1+1",
  "＝1+1",
  "＋1",
  "－1",
  "＠SUM(1)",
  " =1",
  "\u2028=1",
  "\u3000＝1",
  "\t=1",
  "\r1",
  "\n=1",
  "'=1",
  "''＝1",
  "-1",
  "@x",
  "106540352242001",
  "0049",
  "1.5",
  "1,5",
  "1e5",
  "1E+14",
  "12:30",
  "1/2",
  "3-4-2026",
  "50%",
  "5 pm",
  "1 May",
  "May 5",
  "12-dec-26",
  "Sept. 2026",
  "'24",
])
  test(`${JSON.stringify(cell)} is changed by no spreadsheet in results, and comes back as it was`, async () => {
    assert.equal(guardCell(cell), `'${cell}`);
    assert.equal(restoreCell(guardCell(cell)), cell);
    assert.ok((await textOf(cell, "csv")).includes(`'${cell}`));
  });

for (const cell of [
  "Shop 24",
  "24 hours",
  "Mayfair 5 Ltd",
  "1a2b3c4d-0000-4000-8000-000000000001",
  "Marche 5",
])
  test(`${JSON.stringify(cell)} has no apostrophe in results, because no spreadsheet changes it`, () => {
    assert.equal(guardCell(cell), cell);
  });

test("a control before a formula does not hide it", async () => {
  assert.match(await textOf("\u0000=1", "csv"), /' =1/);
});

test("bug: a results file can be read by others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "perch-results-"));
  try {
    const path = join(folder, "results.csv");
    await writeFile(path, "before");
    await chmod(path, 0o644);
    await writeResults(rejected("Shop"), { path, format: "csv" });
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.match(await readFile(path, "utf8"), /Shop/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
