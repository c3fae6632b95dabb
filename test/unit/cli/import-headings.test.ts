import assert from "node:assert/strict";
import test from "node:test";
import { printIssues } from "../../../src/cli/import/enqueue.ts";
import type { ReadFile } from "../../../src/producer/read/csv.ts";
import { readRows } from "../../../src/producer/read/rows.ts";
import { rowOf, workbookOf } from "../../support/workbook.ts";
import { chunksOf } from "../producer/read-harness.ts";

const names = ["workspaceId", "Business Name", "WABA", "Phone Number ID", "phone_number", "Token"];
const cells = ["5f0c1d2e-0000-4000-8000-000000000001", "Shop", "123", "45", "+14155550123", "EAAG-EXAMPLE"];
const errors = ["/phoneId", "/phoneNumber", "/name", ""].map((path) => ({ path, message: "is wrong" }));

const linesOf = async (content: string | Uint8Array, format: "csv" | "xlsx"): Promise<readonly string[]> => {
  let file: ReadFile = {};
  const onFile = (read: ReadFile): void => {
    file = read;
  };
  const rows = readRows(chunksOf(content, 65_536), { format, onFile, ignoreUnknownColumns: false });
  assert.equal((await Array.fromAsync(rows)).length, 1);
  const lines: string[] = [];
  printIssues(
    { line: (line) => lines.push(line), show: () => undefined, stop: () => undefined },
    { row: 1, errors },
    file,
  );
  return lines;
};

test("a row's faults are named by the headings of its file, where those are other words", async () => {
  const expected = [
    'row 1: "Phone Number ID" (phoneId) is wrong',
    "row 1: phoneNumber is wrong",
    'row 1: "Business Name" (name) is wrong',
    "row 1: is wrong",
  ];
  assert.deepEqual(await linesOf([names.join(";"), cells.join(";")].join("\n"), "csv"), expected);
  const workbook = await workbookOf([{ name: "Numbers", rows: rowOf(names) + rowOf(cells) }]);
  assert.deepEqual(await linesOf(workbook, "xlsx"), expected);
});

test("a file with our own names is told of by those", async () => {
  const own = "workspaceId,name,wabaId,phoneId,phoneNumber,accessToken";
  assert.deepEqual((await linesOf(`${own}\n${cells.join(",")}`, "csv")).slice(0, 1), [
    "row 1: phoneId is wrong",
  ]);
});
