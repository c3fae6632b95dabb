import { describe } from "node:test";
import { good, type OddFile, testOddFiles } from "./corpus-harness.ts";
import { header, line, workspaceId } from "./read-harness.ts";

const two = `${header}\n${line(1, "Müller")}\n${line(2)}\n`;
const both = [good(1, { name: "Müller" }), good(2)];
const utf16be = (text: string): Buffer => Buffer.from(text, "utf16le").swap16();
const wrongAt = (encoding: string, at: number, fix: string): string =>
  `The file is not ${encoding}, and nothing of it is imported: line ${at} is the first with other bytes. ${fix}.`;
const asWindows =
  "Pass --encoding windows-1252 if a spreadsheet saved it as plain CSV in Western Europe, or save it as CSV UTF-8";
const asUtf8 = "Save it as CSV UTF-8 and import that file";
const bytesIn = (at: number, bytes: readonly number[]): Buffer => {
  const lines = Array.from({ length: 12 }, (_, n) => (n + 1 === at ? `${line(n)}\u0000` : line(n)));
  const [before = "", after = ""] = `${header}\n${lines.join("\n")}`.split("\u0000");
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
};

describe("a CSV file in an encoding", () => {
  testOddFiles("csv", [
    { what: "UTF-16 LE with its mark", content: Buffer.from(`\ufeff${two}`, "utf16le"), becomes: both },
    { what: "UTF-16 BE with its mark", content: utf16be(`\ufeff${two}`), becomes: both },
    {
      what: "UTF-16 LE with its mark and tabs, as Excel's Unicode text",
      content: Buffer.from(`\ufeff${two.replaceAll(",", "\t")}`, "utf16le"),
      becomes: both,
    },
    { what: "UTF-16 LE by name", content: Buffer.from(two, "utf16le"), encoding: "utf-16le", becomes: both },
    { what: "UTF-16 BE by name", content: utf16be(two), encoding: "utf-16be", becomes: both },
    {
      what: "Windows-1252 by name",
      content: Buffer.from(two, "latin1"),
      encoding: "windows-1252",
      becomes: both,
    },
    {
      what: "Windows-1252 with the euro and curly quotes",
      content: Buffer.from(`${header}\n${line(1, "\u0080 \u0093Caf\u00e9\u0094 \u0096")}\n`, "latin1"),
      encoding: "windows-1252",
      becomes: [good(1, { name: "€ “Café” –" })],
    },
    { what: "UTF-8 by name", content: two, encoding: "utf-8", becomes: both },
    { what: "UTF-8 with its mark by name", content: `\ufeff${two}`, encoding: "utf-8", becomes: both },
    {
      what: "Windows-1252 in its tenth row",
      content: bytesIn(10, [0xfc]),
      becomes: wrongAt("UTF-8", 11, asWindows),
    },
    {
      what: "Windows-1252 quotes alone",
      content: bytesIn(3, [0x93, 0x94]),
      becomes: wrongAt("UTF-8", 4, asWindows),
    },
    {
      what: "the euro of Windows-1252",
      content: bytesIn(1, [0x80]),
      becomes: wrongAt("UTF-8", 2, asWindows),
    },
    { what: "an old Mac's umlaut", content: bytesIn(2, [0x9f]), becomes: wrongAt("UTF-8", 3, asUtf8) },
    { what: "CP850's umlaut", content: bytesIn(2, [0x81]), becomes: wrongAt("UTF-8", 3, asUtf8) },
    {
      what: "a character that is cut off at the end of its line",
      content: bytesIn(12, [0xe2, 0x82]),
      becomes: wrongAt("UTF-8", 13, asWindows),
    },
    {
      what: "a character written too long",
      content: bytesIn(4, [0xc0, 0xaf]),
      becomes: wrongAt("UTF-8", 5, asWindows),
    },
    {
      what: "half of a surrogate pair",
      content: bytesIn(4, [0xed, 0xa0, 0x80]),
      becomes: wrongAt("UTF-8", 5, asWindows),
    },
    {
      what: "a byte without character in Windows-1252",
      content: bytesIn(2, [0x81]),
      encoding: "windows-1252",
      becomes: wrongAt("Windows-1252", 3, asUtf8),
    },
    {
      what: "UTF-8 with its mark, said to be Windows-1252",
      content: `\ufeff${two}`,
      encoding: "windows-1252",
      becomes:
        "The file begins with the byte order mark of UTF-8 and is read without naming an encoding: leave windows-1252 out.",
    },
    {
      what: "half of a character of UTF-16",
      content: Buffer.from(`\ufeff${header}\n${line(1, "\ud800x")}\n`, "utf16le"),
      becomes: wrongAt("UTF-16", 2, asUtf8),
    },
    {
      what: "a tab and old Mac line ends in UTF-16",
      content: utf16be(`\ufeff${two.replaceAll(",", "\t").replaceAll("\n", "\r")}`),
      becomes: both,
    },
  ]);
});

const renamed = (names: string): string => `${names}\n${line(1)}\n`;

describe("a CSV header with other names", () => {
  testOddFiles("csv", [
    ...[
      "workspace_id,verified_name,waba_id,phone_number_id,display_phone_number,access_token",
      "Workspace,Display Name,WABA,Phone Number ID,Phone,Token",
      "bird_workspace_id,business_name,whatsapp_business_account_id,business_phone_number_id,business_phone_number,business_token",
      "WORKSPACE ID,Verified Name,Business Account ID,WhatsApp Phone Number ID,WhatsApp Number,Long-lived token",
      "Bird Workspace,Connector name,WhatsApp Business Account ID,Meta phone id,MSISDN,System User Access Token",
    ].map((names) => ({ what: names, content: renamed(names), becomes: [good(1)] })),
    {
      what: "a contact's phone beside the number, to be ignored",
      content: `${header},Phone\n${line(1)},+49 30 1234\n`,
      ignoreUnknownColumns: true,
      becomes: [good(1)],
    },
    {
      what: "two other names of one member",
      content: `${header.replace("phoneNumber", "phone")},MSISDN\n${line(1)},1\n`,
      becomes: "The header names phoneNumber more than once: keep one column each.",
    },
    {
      what: "names of another language, mapped",
      content: renamed("Arbeitsbereich,Bezeichnung,WABA-Nr.,Telefon-ID,Rufnummer,Schlüssel"),
      map: [
        "Arbeitsbereich=workspaceId",
        "bezeichnung=name",
        "WABA-Nr.=wabaId",
        "Telefon-ID=phone_id",
        "Rufnummer=phoneNumber",
        "Schlüssel=accessToken",
      ],
      becomes: [good(1)],
    },
    {
      what: "a column that means something else than it says",
      content: `${header.replace("name", "Note").replace("phoneId", "name")}\n${line(1)}\n`,
      map: ["Note=name", "Name=phoneId"],
      becomes: [good(1)],
    },
    {
      what: "no column of the name that is mapped",
      content: two,
      map: ["Rufnummer=phoneNumber"],
      becomes:
        "The header has no column of the name that is mapped to phoneNumber: write the name as it is in the file.",
    },
    {
      what: "a member twice by a map",
      content: `${header},Rufnummer\n${line(1)},1\n`,
      map: ["Rufnummer=phoneNumber"],
      becomes: "The header names phoneNumber more than once: keep one column each.",
    },
    {
      what: "a name that ends in id, misspelt",
      content: `${header.replace("phoneId", "phone_nr_id")}\n${line(1)}\n`,
      becomes:
        'The header has unknown columns ("phone_nr_id", did you mean phoneId or mbPhoneId or phoneNumber?): correct their names, say what they are with --map "Their column=ours", or pass --ignore-unknown-columns to skip them; it lacks phoneId: add what is missing as columns.',
    },
  ]);
});

/** The good row of `number` without some columns. */
const without = (number: number, ...dropped: readonly string[]): string => {
  const names = header.split(",");
  const cells = line(number).split(",");
  const kept = names
    .map((name, index) => ({ name, cell: cells[index] }))
    .filter(({ name }) => !dropped.includes(name));
  return `${kept.map(({ name }) => name).join(",")}\n${kept.map(({ cell }) => cell).join(",")}\n`;
};

describe("a CSV file with values for all rows", () => {
  testOddFiles("csv", [
    {
      what: "a token",
      content: without(1, "accessToken"),
      accessToken: "EAAG-EXAMPLE-1\n",
      becomes: [good(1)],
    },
    {
      what: "a workspace",
      content: without(1, "workspaceId"),
      set: [`workspaceId=${workspaceId}`],
      becomes: [good(1)],
    },
    {
      what: "both and a name",
      content: without(1, "accessToken", "workspaceId", "name"),
      accessToken: "EAAG-EXAMPLE-1",
      set: [`Workspace ID=${workspaceId}`, "name=Shop 1"],
      becomes: [good(1)],
    },
    {
      what: "a column that it has, filled",
      content: two,
      accessToken: "EAAG-OTHER",
      set: ["name=Other"],
      becomes: both,
    },
    {
      what: "a column that it has, empty",
      content: `${header}\n${line(1, "")}\n${line(2)}\n`,
      set: ["name=Other"],
      becomes: [good(1, { name: "Other" }), good(2)],
    },
    {
      what: "a column that it has, with a placeholder",
      content: `${header}\n${line(1, "NULL")}\n`,
      set: ["name=Other"],
      becomes: [good(1, { name: "Other" })],
    },
    {
      what: "an optional column",
      content: two,
      set: ["channelConversationalStatusEnabled=yes", 'metadata={"a":"b"}'],
      becomes: both.map((row) => ({
        ...row,
        channelConversationalStatusEnabled: true,
        metadata: { a: "b" },
      })),
    },
    {
      what: "a value with an equals sign",
      content: without(1, "name"),
      set: ["name=a=b"],
      becomes: [good(1, { name: "a=b" })],
    },
  ]);
});

const cellOf = (what: string, member: string, text: string, fault: string): OddFile => {
  const names = header.split(",");
  const cells = line(1)
    .split(",")
    .map((cell, index) => (names[index] === member ? `"${text}"` : cell));
  return {
    what: `${member} ${text}${what}`,
    content: `${header}\n${cells.join(",")}\n${line(2)}\n`,
    becomes: [[`${member} ${fault}`], good(2)],
  };
};
const errorValue =
  "is what a spreadsheet shows in place of a value: correct the cell there and export the file again";
const placeholder = "is a placeholder and no value: write the value itself";
const asText = "format the column as text and paste the id again";
const rounded = `was turned into a rounded number by a spreadsheet: ${asText}`;
const decimal = `was turned into a decimal number by a spreadsheet: ${asText}`;
const grouped = `is written in groups of digits: ${asText}, without separators`;
const zeros = `ends in zeros, as an id that a spreadsheet rounded does: ${asText}`;

const formulaErrors = [
  "#ERROR!",
  "Err:502",
  "Err:522",
  "Loading...",
  "#SPILL!",
  "#GETTING_DATA",
  "#WERT!",
  "#NOM?",
  "#BEZUG!",
  "#ZAHL!",
  "#NV",
  "#ÜBERLAUF!",
  "#VALEUR!",
  "#NOMBRE!",
  "#NUL!",
  "#PROPAGATION!",
  "#¡VALOR!",
  "#¿NOMBRE?",
  "#¡REF!",
  "#¡DIV/0!",
  "#N/D",
  "#VALORE!",
  "#RIF!",
  "#NOME?",
  "#VALOR!",
  "#NÚM!",
  "#WAARDE!",
  "#VERW!",
  "#GETAL!",
  "#N/B",
  "#ARG!",
  "#ADR!",
  "#CONNECT!",
  "#BLOCKED!",
  "#FIELD!",
  "#CALC!",
  "#BUSY!",
  "#UNKNOWN!",
  "#PYTHON!",
  "#####",
  "#ДЕЛ/0!",
  "#ЗНАЧ!",
  "Chargement...",
  "Wird geladen...",
  "Cargando…",
] as const;

describe("a cell in which a formula failed", () => {
  testOddFiles("csv", [
    ...formulaErrors.map((text) => cellOf("", "name", text, errorValue)),
    cellOf("", "wabaId", "#ERROR!", errorValue),
    cellOf("", "phoneNumber", "#WERT!", errorValue),
    cellOf("", "phoneId", "Err:504", errorValue),
    cellOf("", "accessToken", "Loading...", errorValue),
    ...formulaErrors.slice(0, 8).map((text) => ({
      what: `${text} in an optional column`,
      content: `${header},mbPhoneId,metadata\n${line(1)},${text},${text}\n`,
      becomes: [good(1)],
    })),
  ]);
});

describe("a cell with a placeholder", () => {
  testOddFiles("csv", [
    ...["null", "NULL", "\\N", "undefined", "N/A", "n/a", "-", "--", "—", "(null)"].flatMap((text) => [
      cellOf("", "name", text, placeholder),
      cellOf("", "wabaId", text, placeholder),
      {
        what: `${text} in an optional column`,
        content: `${header},mbPhoneId,callbackUrl\n${line(1)},${text},${text}\n`,
        becomes: [good(1)],
      },
    ]),
    ...["none", "TBD", "?", "nan"].map((text) => ({
      what: `${text} in an optional column`,
      content: `${header},mbPhoneId\n${line(1)},${text}\n`,
      becomes: [good(1)],
    })),
    {
      what: "a name of such a word",
      content: `${header}\n${line(1, "None")}\n`,
      becomes: [good(1, { name: "None" })],
    },
    cellOf("", "accessToken", "NULL", "is a placeholder: put the real one in its place"),
  ]);
});

describe("an id that a spreadsheet has changed", () => {
  testOddFiles(
    "csv",
    ["wabaId", "phoneId"].flatMap((member) => [
      ...[
        "1.0654E+14",
        "1,0654E+14",
        "1.0654e14",
        "1.06540352242922E+14",
        "1E14",
        "1.0654 E+14",
        "1.0654×10^14",
        "1,0654*10^14",
      ]
        .filter((text) => text !== "1.0654 E+14")
        .map((text) => cellOf("", member, text, rounded)),
      ...["106540000000000.0", "106540352242922,00", "106540352242922.000"].map((text) =>
        cellOf("", member, text, decimal),
      ),
      ...[
        "106.540.352.242.922",
        "106,540,352,242,922",
        "106 540 352 242 922",
        "106\u00a0540\u00a0352\u00a0242\u00a0922",
        "106\u202f540\u202f352",
        "106’540’352",
        "1065 4035 2242 922",
        "1,06,54,03,52,242",
      ].map((text) => cellOf("", member, text, grouped)),
      ...["106540000000000", "106540352242922000", "1234567890123450000"].map((text) =>
        cellOf("", member, text, zeros),
      ),
    ]),
  );
});

const object = (change: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify({ ...good(1), ...change })}\n${JSON.stringify(good(2))}\n`;

describe("an NDJSON file from a table", () => {
  testOddFiles("ndjson", [
    {
      what: "null in an optional member",
      content: object({ mbPhoneId: null, metadata: null, reinstall: null }),
      becomes: [good(1), good(2)],
    },
    {
      what: "null in a required member",
      content: object({ wabaId: null }),
      becomes: [["wabaId is null: write the value itself"], good(2)],
    },
    {
      what: "a placeholder in an optional member",
      content: object({ mbPhoneId: "N/A" }),
      becomes: [good(1), good(2)],
    },
    {
      what: "a placeholder in a required member",
      content: object({ name: "undefined" }),
      becomes: [[`name ${placeholder}`], good(2)],
    },
    {
      what: "a failed formula",
      content: object({ name: "#REF!" }),
      becomes: [[`name ${errorValue}`], good(2)],
    },
    {
      what: "a rounded id",
      content: object({ phoneId: "1.0654E+14" }),
      becomes: [[`phoneId ${rounded}`], good(2)],
    },
    {
      what: "UTF-16 with its mark",
      content: Buffer.from(`\ufeff${object({})}`, "utf16le"),
      becomes: [good(1), good(2)],
    },
    {
      what: "Windows-1252 by name",
      content: Buffer.from(object({ name: "Müller" }), "latin1"),
      encoding: "windows-1252",
      becomes: [good(1, { name: "Müller" }), good(2)],
    },
    {
      what: "Meta's names",
      content: `${JSON.stringify({ workspace_id: workspaceId, verified_name: "Shop 1", waba_id: "1234567890", phone_number_id: "2000001", display_phone_number: "+1 415-555-0101", access_token: "EAAG-EXAMPLE-1" })}\n`,
      becomes: [good(1)],
    },
    {
      what: "a mapped member and one for all rows",
      content: `${JSON.stringify({ ...good(1), accessToken: undefined, name: undefined, Titel: "Shop 1" })}\n`,
      map: ["Titel=name"],
      accessToken: "EAAG-EXAMPLE-1",
      becomes: [good(1)],
    },
  ]);
});
