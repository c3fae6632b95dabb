import assert from "node:assert/strict";
import { it } from "node:test";
import { rowName } from "../../../src/cli/terminal/io.ts";
import { createGroupInput } from "../../../src/producer/import/group-input.ts";
import { header, line, readWithLines } from "./read-harness.ts";

const multiLine = line(2, '"Shop\n\ntwo"');
const object = (number: number): string => JSON.stringify({ name: `Shop ${number}` });

for (const [what, content, expected] of [
  ["a header and rows", `${header}\n${line(1)}\n${line(2)}`, [2, 3]],
  ["blank lines between rows", `${header}\n\n${line(1)}\n,,,,,\n\n${line(2)}\n`, [3, 6]],
  ["a hint of the separator and blank lines above", `sep=,\n\n${header}\n${line(1)}\n`, [4]],
  ["a cell of three lines", `${header}\n${multiLine}\n${line(3)}\n`, [2, 5]],
  ["a header of two lines", `${header.replace("phoneId", '"phone\nId"')}\n${line(1)}\n`, [3]],
  ["CRLF", `${header}\r\n\r\n${line(1)}\r\n`, [3]],
  ["a broken quote", `${header}\n${line(1, '"a"b')}\n\n${line(2)}\n`, [2, 4]],
  ["a line that is too long", `${header}\n${"x".repeat(1_100_000)}\n${line(2)}\n`, [2, 3]],
] as const) {
  it(`numbers rows by the lines on which they begin: ${what}`, async () => {
    for (const sizeBytes of content.length > 20_000 ? [65_536] : [1, 40, 65_536]) {
      const rows = await readWithLines(content, { sizeBytes });
      assert.deepEqual(
        rows.map((row) => row.line),
        expected,
      );
    }
  });
}

it("numbers the objects of NDJSON by their lines", async () => {
  const rows = await readWithLines(`${object(1)}\n\n\n${object(2)}\n`, { format: "ndjson" });
  assert.deepEqual(
    rows.map((row) => row.line),
    [1, 4],
  );
});

it("names a line beside a row where they differ by more than the header", () => {
  assert.equal(rowName({ row: 6, line: 9 }), "row 6 (line 9)");
  assert.equal(rowName({ row: 6, line: 7 }), "row 6");
  assert.equal(rowName({ row: 6, line: 6 }), "row 6");
  assert.equal(rowName({ row: 6 }), "row 6");
});

it("stores a line only where it does not follow from that of the row before", () => {
  const inputOf = createGroupInput();
  const group = (rows: readonly (readonly [row: number, line: number])[]) =>
    rows.map(([row, line]) => ({ row, line, input: {} }));
  assert.deepEqual(
    inputOf(
      group([
        [1, 2],
        [2, 3],
        [3, 6],
        [4, 7],
      ]),
      [],
    ).lines,
    [
      [1, 2],
      [3, 6],
    ],
  );
  assert.deepEqual(inputOf(group([[5, 8]]), []).lines, []);
  assert.deepEqual(inputOf(group([[6, 10]]), []).lines, [[6, 10]]);
});

it("collects the public columns of rows without a header", () => {
  const inputOf = createGroupInput();
  const first = inputOf([{ row: 1, input: { name: "Shop", accessToken: "EAAG-EXAMPLE", other: 1 } }], []);
  assert.deepEqual(first.columns, ["name"]);
  assert.equal(inputOf([{ row: 2, input: { name: "Shop" } }], []).columns, undefined);
  assert.deepEqual(inputOf([{ row: 3, input: { metadata: {} } }], []).columns, ["name", "metadata"]);
});
