import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readMergedCells } from "../../../src/producer/read/xlsx/merged-cells.ts";
import { rowOf, workbookOf } from "../../support/workbook.ts";
import { good, type OddFile, testOddFiles } from "./corpus-harness.ts";
import { cellsOf, names, rows } from "./sheet-harness.ts";

const empty = "<c/>";
/** Each range is of the sheet's first lines: the header is line 1. */
const merged = (rowsXml: string, ...ranges: readonly string[]): Promise<Buffer> =>
  workbookOf([
    {
      name: "A",
      rows: rowsXml,
      after: `<autoFilter ref="A1:F3"/><mergeCells count="${ranges.length}">${ranges.map((ref) => `<mergeCell ref="${ref}"/>`).join("")}</mergeCells>`,
    },
  ]);
const issue = (member: string, cell: string, first: string) =>
  `${member} is in cell ${cell}, which is merged with ${first}: unmerge them (in Excel switch Merge & Center off) and fill the value into every cell`;

const two = rows(cellsOf(1), cellsOf(2));
const files = async (): Promise<readonly OddFile[]> => [
  {
    what: "a name over two rows",
    content: await merged(rows(cellsOf(1), cellsOf(2, { name: empty })), "B2:B3"),
    becomes: [good(1), [issue("name", "B3", "B2")]],
  },
  {
    what: "a workspace and a token over three rows",
    content: await merged(
      rows(
        cellsOf(1),
        cellsOf(2, { workspaceId: empty, accessToken: empty }),
        cellsOf(3, { workspaceId: empty, accessToken: empty }),
        cellsOf(4),
      ),
      "F2:F4",
      "A2:A4",
    ),
    becomes: [
      good(1),
      [issue("workspaceId", "A3", "A2"), issue("accessToken", "F3", "F2")],
      [issue("workspaceId", "A4", "A2"), issue("accessToken", "F4", "F2")],
      good(4),
    ],
  },
  {
    what: "two ids side by side",
    content: await merged(rows(cellsOf(1, { phoneId: empty }), cellsOf(2)), "C2:D2"),
    becomes: [[issue("phoneId", "D2", "C2")], good(2)],
  },
  {
    what: "a block of four",
    content: await merged(
      rows(cellsOf(1, { phoneId: empty }), cellsOf(2, { wabaId: empty, phoneId: empty })),
      "C2:D3",
    ),
    becomes: [[issue("phoneId", "D2", "C2")], [issue("wabaId", "C3", "C2"), issue("phoneId", "D3", "C2")]],
  },
  {
    what: "a value that the merged cell hides",
    content: await merged(two, "B2:B3"),
    becomes: [good(1), [issue("name", "B3", "B2")]],
  },
  {
    what: "ranges outside the rows and columns of the table, and of one cell",
    content: await merged(two, "H1:I9", "A9:F12", "B2:B2", "XFD1:XFD1048576", "nonsense", "A0:A3"),
    becomes: [good(1), good(2)],
  },
  {
    what: "rows of which all cells are merged with those above",
    content: await merged(
      [names, cellsOf(1), names.map(() => empty), cellsOf(2)].map((cells) => rowOf(cells)).join(""),
      ...["A", "B", "C", "D", "E", "F"].map((letter) => `${letter}2:${letter}3`),
    ),
    becomes: [good(1), good(2)],
  },
  {
    what: "a name of the header over two columns",
    content: await merged(
      [
        [...names.slice(0, 1), "name", empty, ...names.slice(2)],
        ["x", "y", "z"],
      ]
        .map((cells) => rowOf(cells))
        .join(""),
      "B1:C1",
    ),
    becomes:
      "The header has cell C1 merged with B1: unmerge them (in Excel switch Merge & Center off) and name each column, or delete the column without a name.",
  },
  {
    what: "a title over the table",
    content: await merged(`${rowOf(["Our numbers"])}${two}`, "A1:F1"),
    becomes:
      "The first row is a title over merged cells (A1): delete it, so that the first row names the columns.",
  },
  {
    what: "a header of two rows",
    content: await merged(
      `${rowOf(names)}${rowOf([empty, "as in Bird", empty, empty, empty, empty])}${rowOf(cellsOf(1))}`,
      "A1:A2",
      "C1:C2",
      "D1:D2",
      "E1:E2",
      "F1:F2",
    ),
    becomes: [
      [
        issue("workspaceId", "A2", "A1"),
        issue("wabaId", "C2", "C1"),
        issue("phoneId", "D2", "D1"),
        issue("phoneNumber", "E2", "E1"),
        issue("accessToken", "F2", "F1"),
      ],
      good(1),
    ],
  },
];

describe("merged cells of a workbook", async () => {
  testOddFiles("xlsx", await files());
});

it("finds merged cells wherever the sheet is cut into pieces", async () => {
  const sheet =
    "<x:worksheet><x:sheetData><x:row/></x:sheetData ><x:mergeCells><x:mergeCell ref=\"B2:$B$3\"/><x:mergeCell  ref='AA5:AB5' /></x:mergeCells></x:worksheet>";
  for (let size = 1; size <= 40; size += 1) {
    const archive = {
      names: [],
      has: () => true,
      close: () => undefined,
      read: async function* () {
        for (let at = 0; at < sheet.length; at += size) yield sheet.slice(at, at + size);
      },
    };
    const { mergedWith } = await readMergedCells(archive, "sheet");
    const found = [
      mergedWith(2, 1),
      mergedWith(3, 1),
      mergedWith(5, 26),
      mergedWith(5, 27),
      mergedWith(6, 1),
    ];
    assert.deepEqual(found, [undefined, "B2", undefined, "AA5", undefined], `pieces of ${size}`);
  }
});
