import { describe } from "node:test";
import { good, type OddFile, testOddFiles } from "./corpus-harness.ts";
import { header, line } from "./read-harness.ts";

const two = `${header}\n${line(1)}\n${line(2)}\n`;
const bothRows = [good(1), good(2)];
const noNames =
  'The first line does not name the columns: begin the file with workspaceId,name,wabaId,phoneId,phoneNumber,accessToken (separated by commas, semicolons, tabs or "|").';
const badQuote =
  "The first line does not name the columns, because a quote in it is broken: put each name in straight quotes or in none, and close every quote.";
const noText = (what: string): string => `The file is ${what}: save it as CSV UTF-8 and import that file.`;
const unknown = (which: string): string =>
  `The header has unknown columns (${which}): correct their names, say what they are with --map "Their column=ours", or pass --ignore-unknown-columns to skip them.`;
const otherBytes = (at: number): string =>
  `The file is not UTF-8, and nothing of it is imported: line ${at} is the first with other bytes. Pass --encoding windows-1252 if a spreadsheet saved it as plain CSV in Western Europe, or save it as CSV UTF-8.`;
const noMark = (encoding: string): string =>
  `The file is UTF-16 text without a byte order mark: pass --encoding ${encoding}.`;
const empty = "The file is empty: begin it with a line that names the columns.";
const noRows = "The file has a header and no rows: add one row for each number to install.";

describe("a CSV file without rows", () => {
  testOddFiles("csv", [
    { what: "nothing", content: "", becomes: empty },
    { what: "a BOM alone", content: "\ufeff", becomes: empty },
    { what: "blank lines", content: "\n\r\n  \n\t\n", becomes: empty },
    { what: "delimiters alone", content: ",,,,,\n;;;\n,,,,,\n", becomes: empty },
    { what: "Excel's hint alone", content: "sep=;\n", becomes: empty },
    { what: "a header", content: `${header}\n`, becomes: noRows },
    { what: "a header without line end", content: header, becomes: noRows },
    {
      what: "a header and empty rows",
      content: `${header}\r\n\r\n,,,,,\r\n"","",,,,\r\n  \r\n`,
      becomes: noRows,
    },
  ]);
});

const dialects: readonly OddFile[] = [
  { what: "a BOM", content: `\ufeff${two}` },
  { what: "two BOMs", content: `\ufeff\ufeff${two}` },
  { what: "LF", content: two },
  { what: "CRLF", content: two.replaceAll("\n", "\r\n") },
  { what: "CR", content: two.replaceAll("\n", "\r") },
  { what: "mixed line ends", content: `${header}\r${line(1)}\r\n\n\r${line(2)}\n` },
  { what: "no last line end", content: two.trimEnd() },
  { what: "CR CR LF of a twice converted file", content: two.replaceAll("\n", "\r\r\n") },
  { what: "semicolons", content: two.replaceAll(",", ";") },
  { what: "tabs", content: two.replaceAll(",", "\t") },
  { what: "bars", content: two.replaceAll(",", "|") },
  { what: "sep=; and semicolons", content: `sep=;\r\n${two.replaceAll(",", ";")}` },
  { what: '"sep=," in quotes', content: `"sep=,"\r\n${two}` },
  { what: "sep=| after a BOM", content: `\ufeffsep=|\n${two.replaceAll(",", "|")}` },
  { what: "an empty first row of a spreadsheet", content: `,,,,,\n${two}` },
  { what: "everything in quotes", content: two.replaceAll(/[^,\n]+/g, '"$&"') },
  { what: "spaces around cells in quotes", content: two.replaceAll(/[^,\n]+/g, ' "$&" ') },
  { what: "trailing delimiters in all lines", content: two.replaceAll("\n", ",,,\n") },
  { what: "trailing delimiters in rows alone", content: `${header}\n${line(1)},,\n${line(2)},\n` },
  {
    what: "names with spaces, underscores, dashes and capitals",
    content: two.replace(header, "WORKSPACE ID,Name,Waba_Id,phone-id, phone number ,access__token"),
  },
  {
    what: "names in smart quotes",
    content: two.replaceAll(/^.*Token$/gm, header.replaceAll(/\w+/g, "“$&”")),
  },
  { what: "names with a mark of required ones", content: two.replace(header, header.replaceAll(",", " *,")) },
  {
    what: "names with invisible characters",
    content: two.replace(header, header.replaceAll(",", "\u200b,\u00a0")),
  },
  {
    what: "a name in quotes that goes over two lines",
    content: two.replace("phoneNumber", '"Phone\r\nNumber"'),
  },
  {
    what: "columns in another order",
    content: two.replaceAll(/^(.*?),(.*)$/gm, "$2,$1"),
  },
].map((one) => ({ ...one, becomes: bothRows }));

describe("a CSV file in a usual dialect", () => {
  testOddFiles("csv", dialects);
});

describe("a file that is not CSV in UTF-8", () => {
  testOddFiles("csv", [
    {
      what: "UTF-16 LE with BOM",
      content: Buffer.from(`\ufeff${two}`, "utf16le"),
      becomes: bothRows,
    },
    { what: "UTF-16 LE without BOM", content: Buffer.from(two, "utf16le"), becomes: noMark("utf-16le") },
    {
      what: "UTF-16 BE with BOM",
      content: Buffer.from(`\ufeff${two}`, "utf16le").swap16(),
      becomes: bothRows,
    },
    {
      what: "UTF-16 BE without BOM",
      content: Buffer.from(two, "utf16le").swap16(),
      becomes: noMark("utf-16be"),
    },
    {
      what: "an Excel workbook",
      content: Buffer.from("504b0304140006000800", "hex"),
      becomes:
        "The file is an Excel workbook or a ZIP archive: give it the ending .xlsx, or save it as CSV UTF-8 and import that file.",
    },
    {
      what: "an old Excel workbook",
      content: Buffer.from("d0cf11e0a1b11ae1", "hex"),
      becomes: noText("an old Excel workbook"),
    },
    {
      what: "an empty archive",
      content: Buffer.from("504b0506", "hex"),
      becomes: noText("an empty ZIP archive"),
    },
    { what: "a PDF", content: "%PDF-1.7\n", becomes: noText("a PDF document") },
    { what: "gzip", content: Buffer.from("1f8b0800", "hex"), becomes: noText("a compressed file") },
    { what: "Zstandard", content: Buffer.from("28b52ffd04", "hex"), becomes: noText("a compressed file") },
    { what: "a picture", content: Buffer.from("89504e470d0a1a0a", "hex"), becomes: noText("a picture") },
    { what: "RTF", content: "{\\rtf1\\ansi}", becomes: noText("a text document with formatting (RTF)") },
    {
      what: "a web page",
      content: "\n<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
      becomes: "The file is a web page or XML: export the table as CSV UTF-8 and import that file.",
    },
    {
      what: "a JSON array",
      content: '[{"name":"EAAG"}]',
      becomes:
        "The file is one JSON array: write one JSON object a line, without brackets and commas around them (NDJSON).",
    },
    {
      what: "NDJSON",
      content: '{"name":"EAAG"}\n{"name":"x"}\n',
      becomes:
        "The file is JSON and not CSV: give it the ending .ndjson, or over HTTP the content type application/x-ndjson.",
    },
    {
      what: "zeros",
      content: Buffer.alloc(300),
      becomes:
        "The header holds NUL bytes, so this is not a text file: save it as CSV UTF-8 and import that file.",
    },
    { what: "one word", content: "hello", becomes: noNames },
  ]);
});

describe("a CSV header", () => {
  testOddFiles("csv", [
    { what: "none, only rows", content: `${line(1)}\n${line(2)}\n`, becomes: noNames },
    { what: "one below a title", content: `Numbers of May,,,,,\n${two}`, becomes: noNames },
    { what: "one below a comment", content: `# exported today\n${two}`, becomes: noNames },
    { what: "one with another delimiter", content: two.replaceAll(",", "^"), becomes: noNames },
    { what: "one wholly in one pair of quotes", content: `"${header}"\n${line(1)}\n`, becomes: noNames },
    {
      what: "one that is written as a comment",
      content: `# ${two}`,
      becomes: bothRows,
    },
    { what: "one with an open quote", content: two.replace("phoneId", '"phoneId'), becomes: badQuote },
    {
      what: "one whose open quote is closed in a row",
      content: `${header},"notes\n${line(1)},a\n${line(2)}","b"\n`,
      becomes: badQuote,
      ignoreUnknownColumns: true,
    },
    {
      what: "one with a name twice",
      content: `${header},name\n${line(1)},x\n`,
      becomes: "The header names name more than once: keep one column each.",
    },
    {
      what: "one with a name twice in different writing",
      content: `${header},Phone_ID,WABA Id\n${line(1)},x,y\n`,
      becomes: "The header names wabaId and phoneId more than once: keep one column each.",
    },
    {
      what: "one with a mistyped name",
      content: two.replace("wabaId", "wabbaId"),
      becomes:
        'The header has unknown columns ("wabbaId", did you mean wabaId?): correct their names, say what they are with --map "Their column=ours", or pass --ignore-unknown-columns to skip them; it lacks wabaId: add what is missing as columns.',
    },
    {
      what: "one with an unknown name",
      content: `${header},Colour\n${line(1)},red\n`,
      becomes: unknown('"Colour"'),
    },
    {
      what: "one with an unknown name that is to be ignored",
      content: `${header},Colour\n${line(1)},red\n`,
      becomes: [good(1)],
      ignoreUnknownColumns: true,
    },
    {
      what: "one without a needed name",
      content: "workspaceId,name,wabaId,phoneId,phoneNumber\n1,2,3,4,5\n",
      becomes:
        "The header lacks accessToken: add what is missing as columns, or give one value for all rows with --access-token-file.",
    },
    {
      what: "one with a nameless column between",
      content: two.replaceAll(/^(.*?),(.*)$/gm, "$1,,$2"),
      becomes: unknown("column 2 without a name"),
    },
    {
      what: "one with a nameless column between that is to be ignored",
      content: two.replaceAll(/^(.*?),(.*)$/gm, "$1,,$2"),
      becomes: bothRows,
      ignoreUnknownColumns: true,
    },
    {
      what: "one with a very long name",
      content: `${header},${"x".repeat(5000)}\n${line(1)},\n`,
      becomes: unknown("column 7"),
    },
    {
      what: "one with a name of Windows-1252",
      content: Buffer.from(`${header},Größe\n${line(1)},1\n`, "latin1"),
      becomes: otherBytes(1),
    },
    {
      what: "one called __proto__",
      content: `${header},__proto__\n${line(1)},1\n`,
      becomes: unknown("column 7"),
    },
    {
      what: "one that a formula stands in",
      content: `${header},=cmd|' /C calc'!A0\n${line(1)},\n`,
      becomes: unknown("column 7"),
    },
    {
      what: "one with 200 columns",
      content: `${header},${Array.from({ length: 194 }, (_, index) => `c${index}`).join(",")}\n`,
      becomes: unknown(`${Array.from({ length: 10 }, (_, index) => `"c${index}"`).join(", ")}, and 184 more`),
    },
    {
      what: "one with 1,000 columns",
      content: `${header},${Array.from({ length: 994 }, (_, index) => `c${index}`).join(",")}\n`,
      becomes: "The header has 1,000 columns, and 200 are read at most: remove those that are not needed.",
    },
    {
      what: "one with 200 columns of which most are to be ignored",
      content: `${header},${Array.from({ length: 194 }, (_, index) => `c${index}`).join(",")}\n${line(1)}${",x".repeat(194)}\n${line(2)},x\n`,
      becomes: [
        good(1),
        [
          "has 7 cells where the header has 200: keep the comma of every empty cell, and write each row on one line",
        ],
      ],
      ignoreUnknownColumns: true,
    },
    {
      what: "one that comes again, with its BOM, where two files were joined",
      content: `${two.replace(line(2), "")}\ufeff${two.replace(line(1), "")}`,
      becomes: [good(1), ["is the header again: remove this row"], good(2)],
    },
    {
      what: "one of a results file",
      content: `row,status,installId,connectorId,channelId,errorCode,errorMessage,action,${header}\n9,failed,,,,rate_limited,'=x,Wait,${line(1)}\n`,
      becomes: [good(1)],
    },
    {
      what: "one of a results file to which no token was added",
      content: "row,status,installId,workspaceId,name,wabaId,phoneId,phoneNumber\n1,failed,,a,b,c,d,e\n",
      becomes:
        "The header lacks accessToken: add what is missing as columns, or give one value for all rows with --access-token-file.",
    },
  ]);
});
