import { describe } from "node:test";
import { good, type OddFile, testOddFiles } from "./corpus-harness.ts";
import { header, input, line, workspaceId } from "./read-harness.ts";

const json = (number: number, change: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ ...input(number), ...change });
const two = `${json(1)}\n${json(2)}\n`;
/** The good row 1 as text that JSON.stringify would not write. */
const raw = (members: string): string => json(1).replace("{", `{${members},`);

const bothRows = [good(1), good(2)];
const noJson = "is not valid JSON: write one complete JSON object a line";
const noObject = "is not a JSON object: write one object with the members of an install request";
const comma = "is not valid JSON because of the comma after it: remove the comma";
const noMember = "is not a known member: remove it or correct its name";
const otherBytes =
  "The file is not UTF-8, and nothing of it is imported: line 1 is the first with other bytes. Pass --encoding windows-1252 if a spreadsheet saved it as plain CSV in Western Europe, or save it as CSV UTF-8.";
const array =
  "The file is one JSON array: write one JSON object a line, without brackets and commas around them (NDJSON).";

describe("an NDJSON file", () => {
  testOddFiles("ndjson", [
    {
      what: "nothing",
      content: "",
      becomes: "The file is empty: write one JSON object a line, one for each number.",
    },
    {
      what: "a BOM and blank lines",
      content: "\ufeff\r\n \n",
      becomes: "The file is empty: write one JSON object a line, one for each number.",
    },
    { what: "a BOM", content: `\ufeff${two}`, becomes: bothRows },
    { what: "two BOMs", content: `\ufeff\ufeff${two}`, becomes: bothRows },
    { what: "CR LF", content: two.replaceAll("\n", "\r\n"), becomes: bothRows },
    { what: "CR", content: two.replaceAll("\n", "\r"), becomes: bothRows },
    { what: "no last line end", content: two.trimEnd(), becomes: bothRows },
    { what: "blank lines", content: `\n\n${json(1)}\n \t\n${json(2)}\n\n`, becomes: bothRows },
    { what: "spaces around objects", content: ` ${json(1)}\t\n\u00a0${json(2)} `, becomes: bothRows },
    { what: "an array", content: `[${json(1)},\n${json(2)}]`, becomes: array },
    { what: "an array a line", content: '["a"]\n["b"]\n', becomes: array },
    {
      what: "an object over several lines",
      content: JSON.stringify(input(1), null, 2),
      becomes: "The file's JSON object goes over several lines: write each object on one line (NDJSON).",
    },
    {
      what: "CSV",
      content: `${header}\n${line(1)}\n`,
      becomes:
        "The file is CSV and not NDJSON: give it the ending .csv, or over HTTP the content type text/csv.",
    },
    {
      what: "a web page",
      content: "<html>",
      becomes: "The file is a web page or XML: export the table as CSV UTF-8 and import that file.",
    },
    {
      what: "UTF-16",
      content: Buffer.from(two, "utf16le"),
      becomes: "The file is UTF-16 text without a byte order mark: pass --encoding utf-16le.",
    },
  ]);
});

/** A row between two good ones, which it must not touch. */
const row = (what: string, text: string, ...faults: readonly string[]): OddFile => ({
  what,
  content: `${json(2)}\n${text}\n${json(3)}\n`,
  becomes: [good(2), faults, good(3)],
});
const taken = (what: string, text: string, change: Readonly<Record<string, unknown>> = {}): OddFile => ({
  what,
  content: `${text}\n`,
  becomes: [good(1, change)],
});
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("a row of an NDJSON file", () => {
  testOddFiles("ndjson", [
    row("a comma after it", `${json(1)},`, comma),
    row("a comma in its end", json(1).replace("}", ",}"), noJson),
    row("no end", json(1).slice(0, -5), noJson),
    row("two objects", json(1) + json(1), noJson),
    row("text", '"text"', noObject),
    row("a number", "42", noObject),
    row("null", "null", noObject),
    row("an array", "[1]", noObject),
    row("single quotes", "{'name':'x'}", noJson),
    row("a comment", "// later", noJson),
    row("NaN", raw('"metadata":NaN'), noJson),
    row("NUL bytes", "{\0}", "holds NUL bytes: save the file as UTF-8 and write the line again"),
    row("a needed member that is null", json(1, { name: null }), "name is null: write the value itself"),
    row(
      "a number where text belongs",
      json(1, { wabaId: 102290129340398 }),
      "wabaId must be text: the digits of the WhatsApp Business Account id",
    ),
    row(
      "a member in two other writings",
      json(1).replace('"wabaId":"1234567890"', '"waba_id":"1","WABA ID":"2"'),
      `WABA ID ${noMember}`,
    ),
    row("an unknown member", json(1, { colour: "red" }), `colour ${noMember}`),
    row(
      "an object where text belongs",
      json(1, { name: { de: "x" } }),
      "name must be text: what the connector is called in Bird",
    ),
    row(
      "a member twice",
      raw('"accessToken":"EAAG"'),
      "accessToken is there more than once: keep one of them",
    ),
    row(
      "a member twice, once escaped",
      raw(String.raw`"n\u0061me":"x"`),
      "name is there more than once: keep one of them",
    ),
    row("__proto__", raw('"__proto__":{"name":"x"}'), `__proto__ ${noMember}`),
    row("constructor", raw('"constructor":{"prototype":{}}'), `constructor ${noMember}`),
    row(
      "__proto__ in metadata",
      raw('"metadata":{"__proto__":"x"}'),
      "metadata must not have a member called __proto__",
    ),
    row(
      "10,000 levels",
      raw(`"metadata":${nested(10_000)}`),
      "metadata is nested more than 20 levels deep: write it flat",
    ),
    row(
      "10,000 levels of nothing",
      raw(`"x":${"[".repeat(10_000)}${"]".repeat(10_000)}`),
      "x is nested more than 20 levels deep: write it flat",
    ),
    row(
      "10,000 members",
      JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`m${index}`, 1]))),
      "has 10,000 members: write only those of an install request",
    ),
    row(
      "a very long name of a member",
      json(1, { ["x".repeat(5000)]: 1 }),
      "has a member whose name is longer than 100 characters: remove it",
    ),
    row(
      "a very long member",
      json(1, { name: "x".repeat(9000) }),
      "name is longer than 8,192 characters: shorten it",
    ),
    row(
      "a very long object",
      json(1, { metadata: { a: "x".repeat(9000) } }),
      "metadata is longer than 8,192 characters: shorten it",
    ),
    {
      what: "characters of Windows-1252",
      content: Buffer.concat([
        Buffer.from(json(1, { name: "Müller" }), "latin1"),
        Buffer.from(`\n${json(2)}`),
      ]),
      becomes: otherBytes,
    },
    {
      what: "the name of a member in Windows-1252",
      content: Buffer.from(json(1, { Größe: 1 }), "latin1"),
      becomes: otherBytes,
    },
    taken("a member in another writing", json(1).replace("wabaId", "waba_id")),
    taken("escaped characters", raw(String.raw`"metadata":{"a":"\ud83d\ude00\n"}`), {
      metadata: { a: "😀\n" },
    }),
    taken("members of a result", json(1, { row: 9, status: "failed", errorMessage: "x" })),
    taken("spaces around values", json(1, { name: " Shop 1\u00a0", wabaId: " 1234567890 " })),
    taken("an upper-case id", json(1, { workspaceId: workspaceId.toUpperCase() })),
    {
      ...taken("unknown members that are to be ignored", json(1, { colour: { a: [] } })),
      ignoreUnknownColumns: true,
    },
  ]);
});
