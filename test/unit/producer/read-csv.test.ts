import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ImportFileError } from "../../../src/producer/read/errors.ts";
import { readRows } from "../../../src/producer/read/rows.ts";
import { header, input, line, readAll } from "./read-harness.ts";

const refusal = async (content: string | Uint8Array, options = {}): Promise<string> => {
  const error = await readAll(content, options).then(
    () => assert.fail("the file was taken"),
    (cause: unknown) => cause,
  );
  assert.ok(error instanceof ImportFileError, String(error));
  assert.equal(error.code, "invalid_file");
  return error.message;
};

const errorsOf = async (content: string, row: number) => {
  const found = (await readAll(content)).find((one) => one.row === row);
  return found !== undefined && "errors" in found ? found.errors : [];
};

describe("reading CSV", () => {
  for (const [what, content] of [
    ["LF", `${header}\n${line(1)}\n${line(2)}\n`],
    ["CRLF", `${header}\r\n${line(1)}\r\n${line(2)}\r\n`],
    ["CR", `${header}\r${line(1)}\r${line(2)}\r`],
    ["mixed line ends", `${header}\r\n${line(1)}\n${line(2)}\r`],
    ["no last line end", `${header}\n${line(1)}\n${line(2)}`],
    ["a BOM", `\ufeff${header}\n${line(1)}\n${line(2)}\n`],
    ["empty lines", `\n\n${header}\n\n${line(1)}\n   \n,,,,,\n${line(2)}\n\n`],
    ["semicolons", `${header}\n${line(1)}\n${line(2)}\n`.replaceAll(",", ";")],
    ["tabs", `${header}\n${line(1)}\n${line(2)}\n`.replaceAll(",", "\t")],
    ["Excel's hint of the delimiter", `sep=;\n${`${header}\n${line(1)}\n${line(2)}\n`.replaceAll(",", ";")}`],
    ["columns and cells of a spreadsheet beyond the last", `${header},,\n${line(1)},,\n${line(2)},\n`],
    [
      "names in another writing",
      `Workspace ID,NAME,waba_id,phone-id,Phone Number,access_token\n${line(1)}\n${line(2)}`,
    ],
    ["quotes", `${header}\n${line(1)}\n${line(2)}`.replaceAll(/[^,\n]+/g, '"$&"')],
    ["spaces around cells", `${header}\n${line(1)}\n${line(2)}`.replaceAll(",", " , ")],
    ["a space before a quote", `${header}\n${line(1, ' "Shop 1"')}\n${line(2)}`],
  ] as const) {
    for (const sizeBytes of [1, 3, 100_000]) {
      it(`reads a file with ${what} in chunks of ${sizeBytes} bytes`, async () => {
        assert.deepEqual(await readAll(content, { sizeBytes }), [
          { row: 1, input: input(1) },
          { row: 2, input: input(2) },
        ]);
      });
    }
  }

  it("takes columns in any order and leaves out empty cells", async () => {
    const content = `accessToken,mbPhoneId,phoneNumber,phoneId,wabaId,name,workspaceId\nt,,p,i,w,n,"" \n`;
    assert.deepEqual(await readAll(content), [
      { row: 1, input: { accessToken: "t", phoneNumber: "p", phoneId: "i", wabaId: "w", name: "n" } },
    ]);
  });

  it("keeps quotes, delimiters and line ends inside quoted cells", async () => {
    const content = `${header}\n${line(1, '"Müller ""& Söhne"", Köln"')}\r\n${line(2, '"one\r\n\r\ntwo, three"')}\n${line(3)}`;
    for (const sizeBytes of [1, 5, 100_000]) {
      assert.deepEqual(await readAll(content, { sizeBytes }), [
        { row: 1, input: input(1, 'Müller "& Söhne", Köln') },
        { row: 2, input: input(2, "one\n\ntwo, three") },
        { row: 3, input: input(3) },
      ]);
    }
  });

  it("turns words for yes and no into booleans and lets others through", async () => {
    const words = ["true", "TRUE", "Yes", "1", "false", "No", "0", "maybe", ""];
    const rows = words.map((word, index) => `${line(index)},${word},${word}`);
    const read = await readAll(
      `${header},channelConversationalStatusEnabled,reinstall\n${rows.join("\n")}\n`,
    );
    const expected = [true, true, true, true, false, false, false, "maybe", undefined];
    assert.deepEqual(
      read.map((row) => row.input),
      expected.map((value, index) => ({
        ...input(index),
        ...(value !== undefined && { channelConversationalStatusEnabled: value, reinstall: value }),
      })),
    );
  });

  it("parses metadata, and names it with the row's other faults when it is no JSON object", async () => {
    const content = `${header},metadata\n${line(1)},"{""customer"":""42""}"\n${line(2, "")},customer 42\n${line(3)},[1]\n`;
    const [good] = await readAll(content);
    assert.deepEqual(good?.input, { ...input(1), metadata: { customer: "42" } });
    assert.deepEqual(await errorsOf(content, 2), [
      { path: "/metadata", message: 'must be a JSON object of texts, for example {"customer":"42"}' },
      {
        path: "/name",
        message: "is missing",
      },
    ]);
    assert.equal((await errorsOf(content, 3)).length, 1);
  });

  it("strips the apostrophe that a results file puts before a formula, and no other", async () => {
    const cells = ["'+14155550101", "'=1+1", "''=x", "'tis", "+1", "'"];
    const read = await readAll(`${header}\n${cells.map((cell, index) => line(index, cell)).join("\n")}`);
    assert.deepEqual(
      read.map((row) => row.input),
      ["+14155550101", "=1+1", "'=x", "'tis", "+1", "'"].map((cell, index) => input(index, cell)),
    );
  });

  it("ignores the other columns of a results file", async () => {
    const names = "row,status,installId,connectorId,channelId,errorCode,errorMessage,action";
    const content = `${names},${header}\n7,failed,01J,,,rate_limited,Too many,Wait,${line(1)}\n`;
    assert.deepEqual(await readAll(content), [{ row: 1, input: input(1) }]);
  });
});

describe("a row that cannot be read", () => {
  it("with too few or too many cells is an error row of which nothing is kept", async () => {
    const content = `${header}\n${line(1)},secret-in-excess\nonly,two\n${line(3)}\n`;
    const read = await readAll(content);
    assert.deepEqual(
      read.map((row) => ("errors" in row ? [row.row, row.input, row.errors[0]?.message] : row.row)),
      [
        [
          1,
          {},
          'has 7 cells where the header has 6: put a cell that contains a comma in straight quotes ("…")',
        ],
        [
          2,
          {},
          "has 2 cells where the header has 6: keep the comma of every empty cell, and write each row on one line",
        ],
        3,
      ],
    );
  });

  for (const [what, name] of [
    ["a quote that is never closed", '"Shop'],
    ["a quote inside a cell", '5" pipe'],
    ["two quotes inside a cell", '5" x 3" pipe'],
    ["text after a quoted cell", '"Shop" Ltd'],
  ] as const) {
    it(`with ${what} costs itself alone and names its column`, async () => {
      const content = `${header}\n${line(1, name)}\n${line(2, '"Two, quoted"')}\n${line(3, name)}\n${line(4)}\n`;
      for (const sizeBytes of [1, 100_000]) {
        const read = await readAll(content, { sizeBytes });
        assert.deepEqual(
          read.map((row) => ("errors" in row ? [row.row, row.input, row.errors[0]?.path] : row)),
          [
            [1, {}, "/name"],
            { row: 2, input: input(2, "Two, quoted") },
            [3, {}, "/name"],
            { row: 4, input: input(4) },
          ],
        );
      }
    });
  }

  it("because its last cell's quote is never closed does not swallow the rest of a long file", async () => {
    const lines = Array.from({ length: 1000 }, (_, index) => line(index, '"a, b"'));
    const content = `${header}\n${line(9999).replace("EAAG", '"EAAG')}\n${lines.join("\n")}`;
    const read = await readAll(content, { sizeBytes: 4096 });
    assert.equal(read.length, 1001);
    assert.deepEqual(
      read.filter((row) => "errors" in row).map((row) => row.row),
      [1],
    );
  });

  it("is not taken for one with the next broken row, where a cell cannot span lines", async () => {
    const content = `${header}\n${line(1).replace("EAAG", '"EAAG')}\n${line(2)}"\n${line(3)}\n`;
    const read = await readAll(content);
    assert.deepEqual(
      read.map((row) => ("errors" in row ? [row.row, row.errors[0]?.path] : row.row)),
      [[1, "/accessToken"], [2, "/accessToken"], 3],
    );
  });

  it("because it is too long or binary is named, and the rows after it are read", async () => {
    const content = `${header}\n${line(1)}\n\n${"x".repeat(1_100_000)}\n${line(3)}\n\0\n${line(5, "a\0b")}\n${line(6)}`;
    const read = await readAll(content, { sizeBytes: 1000 });
    const nul = "holds NUL bytes: save the file as CSV UTF-8 and write this row again";
    const long =
      "is longer than 1,048,576 characters: check its line ends and quotes, and write one row a line";
    assert.deepEqual(
      read.map((row) => ("errors" in row ? row.errors : row)),
      [
        { row: 1, input: input(1) },
        [{ path: "", message: long }],
        { row: 3, input: input(3) },
        [{ path: "", message: nul }],
        [{ path: "/name", message: nul }],
        { row: 6, input: input(6) },
      ],
    );
  });

  it("with a character that an earlier program lost names the column", async () => {
    const [first, second] = await readAll(`${header}\n${line(1, "M\ufffdller")}\n${line(2)}\n`);
    assert.deepEqual(first !== undefined && "errors" in first && first.errors, [
      {
        path: "/name",
        message:
          'has "\ufffd", which stands for a character that an earlier program lost: write the cell again',
      },
    ]);
    assert.deepEqual(second, { row: 2, input: input(2) });
  });

  it("never shows a token in its errors", async () => {
    const token = "EAAG-canary-token";
    const content = `${header},metadata\n${[
      line(1).replace(/EAAG.*/, `"${token}`),
      line(2).replace(/EAAG.*/, `${token}"x`),
      line(3).replace(/EAAG.*/, `${token},x,y`),
      line(4).replace(/EAAG.*/, `${token},${token}`),
      line(5).replace(/EAAG.*/, token),
    ].join("\n")}\n`;
    const read = await readAll(content);
    assert.equal(read.length, 5);
    for (const row of read) {
      assert.ok("errors" in row);
      assert.ok(!JSON.stringify(row.errors).includes("canary"), JSON.stringify(row.errors));
    }
  });
});

describe("a CSV file that is refused", () => {
  it("names every fault of the header, with what may have been meant", async () => {
    assert.equal(
      await refusal("workspaceId,name,wabba,phoneId,phoneId,Phone_ID,label of mine\n1,2,3,4,5,6,7\n"),
      'The header has unknown columns ("wabba", did you mean wabaId? and "label of mine"): correct their names, say what they are with --map "Their column=ours", or pass --ignore-unknown-columns to skip them; it names phoneId more than once: keep one column each; it lacks wabaId, phoneNumber, and accessToken: add what is missing as columns, or give one value for all rows with --access-token-file.',
    );
  });

  it("is taken when unknown columns are to be ignored, but not when needed ones are missing", async () => {
    const content = `${header},label,\n${line(1)},x\n`;
    assert.match(await refusal(content), /unknown columns \("label"\)/);
    assert.deepEqual(await readAll(content, { ignoreUnknownColumns: true }), [{ row: 1, input: input(1) }]);
    assert.match(await refusal("workspaceId,name\n1,2", { ignoreUnknownColumns: true }), /lacks wabaId/);
  });

  it("repeats no data when the header is missing", async () => {
    const message = await refusal(`${line(1).replace(/EAAG.*/, "canary")}\n${line(2)}\n`);
    assert.match(message, /^The first line does not name the columns: begin the file with workspaceId,name/);
    assert.ok(!message.includes("canary"));
    const half = await refusal(`${header},status\n`.replace("accessToken", "EAAG".padEnd(60, "x")));
    assert.match(half, /column 6/);
    assert.ok(!half.includes("EAAG"));
  });

  it("is empty or has no rows", async () => {
    assert.match(await refusal(""), /^The file is empty/);
    assert.match(await refusal("\ufeff\r\n\n"), /^The file is empty/);
    assert.match(await refusal(`${header}\n\n`), /^The file has a header and no rows/);
  });

  it("has a broken header", async () => {
    const message = /^The first line does not name the columns, because a quote in it is broken: /;
    assert.match(await refusal(`${header}"\n${line(1)}`), message);
  });

  it("is no UTF-8 text", async () => {
    assert.match(await refusal(Buffer.from(`${header}\n`, "utf16le")), /is UTF-16 text/);
    assert.match(await refusal("PK\u0003\u0004rest"), /is an Excel workbook/);
  });
});

it("reads no further ahead than it must", async () => {
  let chunksRead = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${header}\n`);
    for (;;) {
      chunksRead += 1;
      yield Buffer.from(`${line(chunksRead)}\n`);
    }
  }
  for await (const { row } of readRows(endless(), { format: "csv" })) if (row === 10) break;
  assert.equal(chunksRead, 10);
});
