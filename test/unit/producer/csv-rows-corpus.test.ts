import { describe } from "node:test";
import { good, type OddFile, testOddFiles } from "./corpus-harness.ts";
import { header, line, workspaceId } from "./read-harness.ts";

const file = (...lines: readonly string[]): string => [header, ...lines, ""].join("\n");
/** The good row 1 with other text in one column. */
const cell = (column: string, text: string): string =>
  line(1)
    .split(",")
    .map((old, index) => (header.split(",")[index] === column ? text : old))
    .join(",");

const openQuote = "has a quote that is never closed: close it, and double every quote inside the cell";
const strayQuote =
  "has a quote in the middle of a cell: put the whole cell in quotes and double the quotes inside it";
const tooMany =
  'has 7 cells where the header has 6: put a cell that contains a comma in straight quotes ("…")';
const tooFew = (count: string): string =>
  `has ${count} where the header has 6: keep the comma of every empty cell, and write each row on one line`;
const badPhone = "phoneNumber must be a phone number with its country code, for example +14155550123";
const roundedPhone =
  "phoneNumber was turned into a number by a spreadsheet: format the column as text and paste the phone number again";
const decimalPhone =
  "phoneNumber was turned into a number by a spreadsheet: format the column as text and paste the phone number again";
const badWaba = "wabaId must be the digits of the WhatsApp Business Account id, nothing else";
const otherBytes =
  "The file is not UTF-8, and nothing of it is imported: line 2 is the first with other bytes. Pass --encoding windows-1252 if a spreadsheet saved it as plain CSV in Western Europe, or save it as CSV UTF-8.";
const errorValue =
  "is what a spreadsheet shows in place of a value: correct the cell there and export the file again";

describe("a row of a CSV file", () => {
  testOddFiles("csv", [
    {
      what: "one with delimiters, line ends and quotes in quotes",
      content: file(line(1, '"a, ""b""\r\n; c|d"'), line(2)),
      becomes: [good(1, { name: 'a, "b"\n; c|d' }), good(2)],
    },
    {
      what: "one with a quote that is open at the end",
      content: file(line(1), line(2, '"Shop')),
      becomes: [good(1), [`name ${openQuote}`]],
    },
    {
      what: "one with an open quote in between",
      content: file(line(1, '"Shop'), line(2)),
      becomes: [[`name ${openQuote}`], good(2)],
    },
    {
      what: "one with a stray quote",
      content: file(line(1, 'Pipe 5"'), line(2)),
      becomes: [[`name ${strayQuote}`], good(2)],
    },
    {
      what: "one with text after a quote",
      content: file(line(1, '"Shop" Ltd'), line(2)),
      becomes: [[`name ${strayQuote}`], good(2)],
    },
    {
      what: "one with quotes escaped by backslashes",
      content: file(line(1, '"a \\"b\\" c"'), line(2)),
      becomes: [[`name ${strayQuote}`], good(2)],
    },
    {
      what: "one with too many cells",
      content: file(`${line(1)},x`, line(2)),
      becomes: [[tooMany], good(2)],
    },
    {
      what: "one with smart quotes around a delimiter",
      content: file(line(1, "“a, b”"), line(2)),
      becomes: [[tooMany], good(2)],
    },
    {
      what: "one with too few cells",
      content: file("a,b", line(2)),
      becomes: [[tooFew("2 cells")], good(2)],
    },
    {
      what: "one broken into two",
      content: file(line(1).replace("Shop", "\nShop"), line(2)),
      becomes: [[tooFew("2 cells")], [tooFew("5 cells")], good(2)],
    },
    {
      what: "one with another delimiter",
      content: file(line(1).replaceAll(",", ";"), line(2)),
      becomes: [[tooFew("1 cell")], good(2)],
    },
    {
      what: "one that is a comment",
      content: file("# later", line(2)),
      becomes: [[tooFew("1 cell")], good(2)],
    },
    {
      what: "one with NUL bytes",
      content: file(cell("wabaId", "12\0"), "\0\0", line(2)),
      becomes: [
        ["wabaId holds NUL bytes: save the file as CSV UTF-8 and write this row again"],
        ["holds NUL bytes: save the file as CSV UTF-8 and write this row again"],
        good(2),
      ],
    },
    {
      what: "one in Windows-1252",
      content: Buffer.from(file(line(1, "Müller"), line(2)), "latin1"),
      becomes: otherBytes,
    },
    {
      what: "one with several faults",
      content: file(",,x,2000001,1,t", line(2)),
      becomes: [["workspaceId is missing", "name is missing", badWaba, badPhone], good(2)],
    },
  ]);
});

describe("a cell of a CSV file", () => {
  const name = (what: string, text: string, read: string): OddFile => ({
    what,
    content: file(line(1, text)),
    becomes: [good(1, { name: read })],
  });
  const other = (what: string, column: string, text: string): OddFile => ({
    what,
    content: file(cell(column, text)),
    becomes: [good(1)],
  });
  const bad = (what: string, column: string, text: string, ...faults: readonly string[]): OddFile => ({
    what,
    content: file(cell(column, text), line(2)),
    becomes: [faults, good(2)],
  });
  testOddFiles("csv", [
    name("a formula", "=1+1", "=1+1"),
    name("a formula that was made safe", "'=1+1", "=1+1"),
    name("one with + at its start", "+Plus", "+Plus"),
    name("one with - at its start", "-Minus", "-Minus"),
    name("one with @ at its start", "@Handle", "@Handle"),
    name("one with a tab at its start", '"\tTab"', "Tab"),
    name('="text"', '"=""Shop 1"""', "Shop 1"),
    name('="text" without quotes around', '="Shop, 1"', "Shop, 1"),
    name("an apostrophe of a name", "'t Hooft", "'t Hooft"),
    name("a date", "2024-01-05", "2024-01-05"),
    name("emoji, also of several parts", "Café 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "Café 👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
    name("Arabic with marks of direction around", "\u200fمتجر\u200f", "متجر"),
    name("smart quotes", "“Shop”", "“Shop”"),
    name("spaces without break around", "\u00a0Shop\u00a0", "Shop"),
    other("a phone number with an apostrophe", "phoneNumber", "'+14155550101"),
    other("digits with an apostrophe", "phoneNumber", "'0014155550101"),
    other("a phone number in another writing", "phoneNumber", "+1 (415) 555-0101"),
    other("a phone number pasted from contacts", "phoneNumber", "\u202a+1\u00a0415\u00a0555\u20110101\u202c"),
    other('digits as ="…"', "wabaId", '="1234567890"'),
    other('digits as =" …" in quotes', "wabaId", '"=""1234567890"""'),
    other("digits with characters of no width", "wabaId", "\u200b12345\u200b67890\ufeff"),
    other("a token with spaces without break around", "accessToken", "\u00a0EAAG-EXAMPLE-1\u200b"),
    other("an id with soft hyphens", "workspaceId", workspaceId.replaceAll("-", "-\u00ad").toUpperCase()),
    bad("a phone number in scientific notation", "phoneNumber", "1.41556E+10", roundedPhone),
    bad("one with a decimal comma", "phoneNumber", '"4,91512E+12"', roundedPhone),
    bad("a phone number with a decimal's zero", "phoneNumber", "4915112345678.0", decimalPhone),
    bad("a phone number as a formula", "phoneNumber", "=4915112345678+1", badPhone),
    bad("a phone number without its country", "phoneNumber", "0151 123", badPhone),
    bad(
      "digits in scientific notation",
      "wabaId",
      "1.0229E+14",
      "wabaId was turned into a rounded number by a spreadsheet: format the column as text and paste the id again",
    ),
    bad(
      "digits with a decimal's zero",
      "wabaId",
      "1234567890.0",
      "wabaId was turned into a decimal number by a spreadsheet: format the column as text and paste the id again",
    ),
    bad(
      "digits in groups",
      "wabaId",
      '"1,234,567,890"',
      "wabaId is written in groups of digits: format the column as text and paste the id again, without separators",
    ),
    bad("digits in smart quotes", "wabaId", "“1234567890”", badWaba),
    bad("digits that became a date", "wabaId", "03/04/2024", badWaba),
    bad("a formula's error", "name", "#REF!", `name ${errorValue}`),
    bad("a column that was too narrow", "name", "########", `name ${errorValue}`),
    bad("the error of a search", "wabaId", "#N/A", `wabaId ${errorValue}`),
    {
      what: "a token of two lines",
      content: file(cell("accessToken", '"EAAG\n1"'), line(3)),
      becomes: [[`accessToken ${openQuote}`], [`workspaceId ${strayQuote}`], good(3)],
    },
    bad(
      "a token in the middle of which a space stands",
      "accessToken",
      "EAAG 1",
      "accessToken must be one line of printable ASCII without spaces",
    ),
    bad(
      "a name of 9,000 characters",
      "name",
      "x".repeat(9000),
      "name is longer than 8,192 characters: shorten it",
    ),
  ]);
});
