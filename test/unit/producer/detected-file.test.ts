import assert from "node:assert/strict";
import test from "node:test";
import type { DetectedFile } from "../../../src/producer/read/detected-file.ts";
import { ImportFileError } from "../../../src/producer/read/errors.ts";
import type { ReadOptions } from "../../../src/producer/read/rows.ts";
import { rowOf, workbookOf } from "../../support/workbook.ts";
import { header, line, readAll } from "./read-harness.ts";

/** What is detected of a file, and whether it is refused. */
const detect = async (content: string | Uint8Array, options: Partial<ReadOptions> = {}) => {
  let file: Partial<DetectedFile> = {};
  const onDetected = (part: Partial<DetectedFile>): void => {
    file = { ...file, ...part };
  };
  const isRefused = await readAll(content, { ...options, onDetected }).then(
    () => false,
    (error: unknown) => {
      assert.ok(error instanceof ImportFileError, String(error));
      return true;
    },
  );
  return { file, isRefused };
};

const utf16 = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

test("encoding, separator and columns of a good file", async () => {
  for (const [content, encoding, delimiter] of [
    [`${header}\n${line(1)}\n`, "utf-8", ","],
    [`\ufeff${header}\n${line(1)}\n`.replaceAll(",", ";"), "utf-8", ";"],
    [utf16(`${header}\n${line(1)}\n`.replaceAll(",", "\t")), "utf-16le", "\t"],
  ] as const) {
    const { file, isRefused } = await detect(content);
    assert.equal(isRefused, false);
    assert.deepEqual([file.encoding, file.delimiter], [encoding, delimiter]);
    assert.deepEqual(
      file.columns?.map(({ name, member }) => [name, member]),
      header.split(",").map((name) => [name, name]),
    );
  }
  const latin = Buffer.from(`${header}\n${line(1, "Café")}\n`, "latin1");
  assert.equal((await detect(latin, { encoding: "windows-1252" })).file.encoding, "windows-1252");
});

test("a header that is refused shows its columns, with what they may hold", async () => {
  const { file, isRefused } = await detect(
    "workspaceId;Displayed nam;phone_numbr;Umsatz;status;wabaId\nx;y;z;1;2;3\n",
  );
  assert.equal(isRefused, true);
  assert.deepEqual(file.columns, [
    { column: 1, name: "workspaceId", member: "workspaceId" },
    { column: 2, name: "Displayed nam", suggestions: ["name", "phoneNumber"] },
    { column: 3, name: "phone_numbr", suggestions: ["phoneNumber", "phoneId"] },
    { column: 4, name: "Umsatz" },
    { column: 5, name: "status", isIgnored: true },
    { column: 6, name: "wabaId", member: "wabaId" },
  ]);
});

test("a header in another language is split where most names come out", async () => {
  const { file, isRefused } = await detect("Nombre;Teléfono, móvil;Cuenta\nx;y;z\n");
  assert.deepEqual([isRefused, file.delimiter], [true, ";"]);
  assert.deepEqual(
    file.columns?.map(({ name }) => name),
    ["Nombre", undefined, "Cuenta"],
  );
});

test("a file without a header shows none of its numbers and tokens as names", async () => {
  const { file, isRefused } = await detect(`${line(1)}\n${line(2)}\n`);
  assert.equal(isRefused, true);
  assert.ok(file.columns?.every(({ name, suggestions }) => name === undefined && suggestions === undefined));
  const short = await detect(
    "Shop,secret-invitation,106540352242137\nShop,secret-invitation,106540352242138\n",
  );
  assert.doesNotMatch(JSON.stringify(short.file), /secret|Shop|1065/);
});

test("a mapped column has the member it is mapped to", async () => {
  const { file, isRefused } = await detect(`Tienda,${header.replace("name,", "")}\n`, {
    columns: { map: new Map([["tienda", "name"]]), fill: {} },
  });
  assert.equal(isRefused, true, "it has no rows");
  assert.deepEqual(file.columns?.[0], { column: 1, name: "Tienda", member: "name" });
});

test("the sheets of a workbook, and the one that is read", async () => {
  const table = rowOf(header.split(",")) + rowOf(line(1).split(","));
  const book = await workbookOf([
    { name: "Notes", rows: rowOf(["nothing"]) },
    { name: "Numbers", rows: table },
    { name: "Old", rows: table, state: "hidden" },
  ]);
  const sheets = [
    { name: "Notes", isHidden: false },
    { name: "Numbers", isHidden: false },
    { name: "Old", isHidden: true },
  ];
  const first = await detect(book, { format: "xlsx" });
  assert.deepEqual([first.isRefused, first.file.sheet, first.file.sheets], [true, "Notes", sheets]);
  const named = await detect(book, { format: "xlsx", sheet: "Numbers" });
  assert.deepEqual([named.isRefused, named.file.sheet], [false, "Numbers"]);
  assert.equal(named.file.columns?.length, 6);
  const none = await detect(book, { format: "xlsx", sheet: "Nowhere" });
  assert.deepEqual([none.isRefused, none.file.sheet, none.file.sheets], [true, undefined, sheets]);
});
