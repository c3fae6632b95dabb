import { distinct, type Variant } from "./variant.ts";

/** The body as given, and as it may have been before a program parsed, converted or saved it. */
export const bodyVariants = (body: Buffer): readonly Variant<Buffer>[] => {
  const text = body.toString("utf8");
  const variants = [...bytesChanges(body), ...textChanges(text), ...jsonChanges(text)].map(
    ([value, what, fix]): Variant<Buffer> => ({
      value: typeof value === "string" ? Buffer.from(value) : value,
      difference: { part: "body", found: `signed over the body ${what}`, fix },
    }),
  );
  return distinct([{ value: body }, ...variants], (value) => value.toString("latin1"));
};

type Change = readonly [value: string | Buffer, what: string, fix: string];

const keepBytes = "Hash the bytes as received, before anything parses or converts them.";
const saveBytes = "Save the body byte for byte: an editor or a shell added or removed something.";
const notJson =
  "Something parsed the JSON and wrote it again: hash the bytes as received, before any parser.";

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

const bytesChanges = (body: Buffer): readonly Change[] => {
  const hasMark = body.subarray(0, 3).equals(byteOrderMark);
  const base64 = body.toString("latin1").trim();
  return [
    hasMark
      ? [body.subarray(3), "without its byte order mark", saveBytes]
      : [Buffer.concat([byteOrderMark, body]), "with a byte order mark", saveBytes],
    [Buffer.from(body.toString("utf8"), "latin1"), "before its characters were read as Latin-1", keepBytes],
    [Buffer.from(body.toString("latin1"), "utf8"), "with its characters read as Latin-1", keepBytes],
    ...(base64.length > 0 && Buffer.from(base64, "base64").toString("base64") === base64
      ? [[Buffer.from(base64, "base64"), "before it was encoded in Base64", keepBytes] as const]
      : []),
    [
      Buffer.alloc(0),
      "when it was empty",
      "The body was read or lost before it was hashed: hash the bytes as received.",
    ],
  ];
};

const textChanges = (text: string): readonly Change[] => [
  [text.replace(/(?:\r\n|\n|\r)$/, ""), "without the line end behind it", saveBytes],
  [text.trim(), "without the white space around it", saveBytes],
  [`${text}\n`, "with a line feed behind it", saveBytes],
  [`${text}\r\n`, "with CR LF behind it", saveBytes],
  [text.replaceAll("\r\n", "\n"), "with LF in place of CR LF", saveBytes],
  [text.replaceAll(/\r?\n/g, "\r\n"), "with CR LF in place of LF", saveBytes],
  [text.normalize("NFC"), "in composed Unicode (NFC)", keepBytes],
  [text.normalize("NFD"), "in decomposed Unicode (NFD)", keepBytes],
];

const jsonChanges = (text: string): readonly Change[] => {
  const json = parseJson(text.replace(/^\ufeff/, ""));
  if (json === undefined) return [];
  const compact = JSON.stringify(json.value);
  const spaced = spacedJson(json.value);
  const writings: readonly (readonly [string, string])[] = [
    [compact, "as JSON without spaces"],
    [spaced, "as JSON with a space behind each comma and colon"],
    [JSON.stringify(json.value, null, 2), "as JSON indented by two spaces"],
    [JSON.stringify(json.value, null, 4), "as JSON indented by four spaces"],
    [JSON.stringify(json.value, null, "\t"), "as JSON indented by tabs"],
  ];
  return writings.flatMap(([written, what]): Change[] => [
    [written, what, notJson],
    [`${written}\n`, `${what}, with a line feed behind it`, notJson],
    [asciiOnly(written), `${what}, with \\u escapes for characters beyond ASCII`, notJson],
    [written.replaceAll("/", "\\/"), `${what}, with slashes escaped`, notJson],
    [
      asciiOnly(written.replaceAll("/", "\\/")),
      `${what}, with slashes and characters beyond ASCII escaped`,
      notJson,
    ],
  ]);
};

/** JSON as Python writes it. */
const spacedJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(spacedJson).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${spacedJson(member)}`,
  );
  return `{${members.join(", ")}}`;
};

const asciiOnly = (text: string): string =>
  text.replaceAll(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

const parseJson = (text: string): { readonly value: unknown } | undefined => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
};
