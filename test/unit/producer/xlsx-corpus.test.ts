import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openArchive } from "../../../src/producer/read/xlsx/archive.ts";
import { resultsContent } from "../../../src/producer/results/file.ts";
import { rowOf, workbookOf, zipOf } from "../../support/workbook.ts";
import { good, testOddFiles } from "./corpus-harness.ts";
import { chunksOf, header, readAll, readWithLines } from "./read-harness.ts";
import { cellsOf, names, one, rows } from "./sheet-harness.ts";

const damaged = "The workbook is damaged or cut off: save it again in a spreadsheet.";

describe("a workbook", async () => {
  const first = { name: "Numbers", rows: rows(cellsOf(1)) };
  const notes = { name: "Notes", rows: rowOf(["hello"]) };
  const hidden = { name: "Old", rows: rows(cellsOf(2)), state: "hidden" } as const;
  const noNames =
    "The first line does not name the columns: begin the file with workspaceId,name,wabaId,phoneId,phoneNumber,accessToken (one cell each).";
  testOddFiles("xlsx", [
    { what: "several sheets", content: await workbookOf([first, notes]), becomes: [good(1)] },
    {
      what: "a hidden sheet before the visible one",
      content: await workbookOf([hidden, first]),
      becomes: [good(1)],
    },
    {
      what: "hidden sheets alone",
      content: await workbookOf([hidden, { ...hidden, name: "Older", state: "veryHidden" }]),
      becomes: 'All sheets of the workbook are hidden: name one with --sheet, it has "Old" and "Older".',
    },
    {
      what: "no sheet",
      content: await workbookOf([]),
      becomes:
        "The workbook has no sheet with cells: save the table as .xlsx or CSV UTF-8 and import that file.",
    },
    {
      what: "another sheet first",
      content: await workbookOf([notes, first]),
      becomes: `${noNames} The workbook has 2 sheets, and "Notes" is read: --sheet reads another ("Numbers").`,
    },
    {
      what: "an empty sheet",
      content: await one(""),
      becomes:
        'The sheet "Sheet1" is empty: begin it with a row that names the columns, or read another with --sheet.',
    },
    {
      what: "a header alone",
      content: await one(rows()),
      becomes: "The file has a header and no rows: add one row for each number to install.",
    },
    {
      what: "a title above the header",
      content: await one(rowOf(["Our numbers"]) + rows(cellsOf(1))),
      becomes: noNames,
    },
    {
      what: "other names",
      content: await one(
        rowOf([
          "workspace_id",
          "verified_name",
          "waba_id",
          "phone_number_id",
          "display_phone_number",
          "Schlüssel",
        ]) + rowOf(cellsOf(1)),
      ),
      map: ["Schlüssel=accessToken"],
      becomes: [good(1)],
    },
    {
      what: "an unknown name",
      content: await one(rowOf([...names, "Colour"]) + rowOf(cellsOf(1))),
      becomes:
        'The header has unknown columns ("Colour"): correct their names, say what they are with --map "Their column=ours", or pass --ignore-unknown-columns to skip them.',
    },
    {
      what: "a token for all rows",
      content: await one(rowOf(names.slice(0, 5)) + rowOf(cellsOf(1).slice(0, 5))),
      accessToken: "EAAG-EXAMPLE-1",
      becomes: [good(1)],
    },
    {
      what: "a document type",
      content: await zipOf({ "xl/workbook.xml": '<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook/>' }),
      becomes: "The workbook is damaged: save it again in a spreadsheet.",
    },
    {
      what: "XML that breaks off",
      content: await one("<row><c>"),
      becomes: "The workbook is damaged: save it again in a spreadsheet.",
    },
  ]);

  it("has a sheet chosen by its name, in any case", async () => {
    const content = await workbookOf([first, hidden]);
    const read = (sheet: string) => readAll(content, { format: "xlsx", sheet });
    assert.deepEqual(
      (await read("OLD")).map(({ input }) => input),
      [good(2)],
    );
    await assert.rejects(read("May"), /no sheet of the name in --sheet: it has "Numbers" and "Old"\./);
  });

  it("with several sheets says which is read", async () => {
    const told: string[] = [];
    await readAll(await workbookOf([first, notes]), {
      format: "xlsx",
      onFile: ({ notes: said = [] }) => told.push(...said),
    });
    assert.deepEqual(told, [
      'The workbook has 2 sheets, and "Numbers" is read: --sheet reads another ("Notes").',
    ]);
  });

  it("numbers rows by those of the sheet and skips empty ones", async () => {
    const sheet = rowOf(names, 3) + rowOf(cellsOf(1), 4) + rowOf(["<c/>", " "], 5) + rowOf(cellsOf(2), 9);
    const read = await readWithLines(await one(sheet), { format: "xlsx" });
    assert.deepEqual(
      read.map(({ row, line: at }) => [row, at]),
      [
        [1, 4],
        [2, 9],
      ],
    );
  });
});

describe("a file that is no workbook of .xlsx", async () => {
  const encrypted = Buffer.concat([
    Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
    Buffer.alloc(600),
    Buffer.from("EncryptedPackage", "utf16le"),
  ]);
  const asCsv = "save it as .xlsx or CSV UTF-8 in a spreadsheet and import that file";
  testOddFiles("xlsx", [
    {
      what: "nothing",
      content: "",
      becomes: "The file is empty: begin it with a line that names the columns.",
    },
    {
      what: "a CSV file",
      content: `${header}\n`,
      becomes: `The file is no Excel workbook, whatever its name says: ${asCsv}.`,
    },
    {
      what: "an old workbook",
      content: encrypted.subarray(0, 600),
      becomes: `The file is a workbook of the old format (.xls): ${asCsv}.`,
    },
    {
      what: "a workbook with a password",
      content: encrypted,
      becomes: "The workbook is protected by a password: save it without one and import that file.",
    },
    {
      what: "a binary workbook",
      content: await zipOf({ "xl/workbook.bin": "x" }),
      becomes: `The file is a binary workbook (.xlsb): ${asCsv}.`,
    },
    {
      what: "a document of Numbers",
      content: await zipOf({ "Index/Document.iwa": "x" }),
      becomes:
        "The file is a document of Apple's apps (.numbers): export it there as Excel or CSV and import that file.",
    },
    {
      what: "an OpenDocument sheet",
      content: await zipOf({ mimetype: "x", "content.xml": "x" }),
      becomes: `The file is an OpenDocument file (.ods): ${asCsv}.`,
    },
    {
      what: "a text document",
      content: await zipOf({ "word/document.xml": "x" }),
      becomes:
        "The file is a text document: copy its table into a spreadsheet and save it as .xlsx or CSV UTF-8.",
    },
    {
      what: "a ZIP of a CSV",
      content: await zipOf({ "numbers.csv": header }),
      becomes: "The file is a ZIP archive and no workbook: unpack it and import the table in it.",
    },
    {
      what: "the first half of a workbook",
      content: (await one(rows(cellsOf(1)))).subarray(0, 500),
      becomes: damaged,
    },
    { what: "the start of a ZIP", content: "PK\u0003\u0004", becomes: damaged },
    {
      what: "a bomb in its sheet",
      content: await one(rowOf([" ".repeat(30_000_000)])),
      becomes:
        "The workbook has a part that unpacks to more than 200 times its size, which no table does: save the one sheet as CSV UTF-8, which has no limit, and import that file.",
    },
    {
      what: "a bomb in its texts",
      content: await one(rows(cellsOf(1)), { strings: "<si><t/></si>".repeat(500_000) }),
      becomes:
        "The workbook has a part that unpacks to more than 200 times its size, which no table does: save the one sheet as CSV UTF-8, which has no limit, and import that file.",
    },
    {
      what: "too large a file",
      content: Buffer.concat([Buffer.from("PK\u0003\u0004"), Buffer.alloc(33_554_432)]),
      becomes:
        "The workbook is larger than 32 MiB, which is the limit: save it as CSV UTF-8, which has no limit.",
    },
    {
      what: "thousands of parts",
      content: await zipOf({
        "xl/workbook.xml": "<a/>",
        ...Object.fromEntries(Array.from({ length: 5001 }, (_, n) => [`p${n}`, ""])),
      }),
      becomes:
        "The workbook has more than 5,000 parts, which is the limit: save the one sheet as CSV UTF-8, which has no limit, and import that file.",
    },
  ]);
});

it("a workbook of results is text cells that are read back as they were", async () => {
  const input = {
    ...good(1),
    accessToken: undefined,
    name: '\'=A & <B>_x000D_ "😀"',
    metadata: { a: "1\r\n2" },
  };
  async function* results() {
    yield { row: 1, line: 2, status: "failed", errorMessage: "=1+1", input } as const;
  }
  const columns = ["workspaceId", "name", "wabaId", "phoneId", "phoneNumber", "metadata"];
  const content = Buffer.concat(
    await Array.fromAsync(resultsContent(results(), "xlsx", { columns }), (piece) => Buffer.from(piece)),
  );
  const columnsOf = { map: new Map(), fill: { accessToken: "EAAG-EXAMPLE-1" } };
  const [read] = await readAll(content, { format: "xlsx", columns: columnsOf });
  assert.deepEqual(read?.input, { ...input, accessToken: "EAAG-EXAMPLE-1" });
  assert.equal((await Array.fromAsync(chunksOf(content))).length > 1, true);
});

it("an error while results are written reaches the reader of the workbook", async () => {
  async function* broken() {
    yield { row: 1, status: "failed", input: {} } as const;
    throw new Error("Redis is away");
  }
  await assert.rejects(Array.fromAsync(resultsContent(broken(), "xlsx")), /Redis is away/);
});

it("a workbook whose size is known is refused at its first byte, with its size and the limit", async () => {
  for (const [fileBytes, size] of [
    [48_000_000, "45.8 MiB"],
    [33_554_433, "33,554,433 bytes"],
  ] as const)
    await assert.rejects(readAll("P", { format: "xlsx", fileBytes }), {
      message: `The workbook is ${size}, and 32 MiB is the limit: save it as CSV UTF-8, which has no limit.`,
    });
});

it("a part that says itself how far it unpacks is refused before it does", async () => {
  const archive = await openArchive(chunksOf(await one(rowOf(["a".repeat(3_000_000)]))));
  await assert.rejects(Array.fromAsync(archive.read("xl/worksheets/sheet1.xml", 1_048_576)), {
    message:
      "The workbook has a part that unpacks to 2.9 MiB, and 1 MiB is the limit: save the one sheet as CSV UTF-8, which has no limit, and import that file.",
  });
});
