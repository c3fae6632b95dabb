import type { InputIssue } from "../../install/errors/input-error.ts";
import { textIssue } from "./cell-faults.ts";

/** Invisible characters, which spreadsheets, chats and web pages leave around copied text. */
const invisible = "\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff";
const anywhere = new RegExp(`[${invisible}]`, "g");
/** The form of most cells, which needs no cleaning. */
const plain = /^\+?[A-Za-z0-9][\w.:-]*$/;
const blank = new RegExp(`[\\s${invisible}]`);

/**
 * Removes what spreadsheets add to a cell's text: space and invisible characters around it, the apostrophe before a
 * formula, and `="…"` around text. From a cell without free text, such as an id, it also removes a leading apostrophe
 * and the invisible characters within.
 */
export const plainCell = (cell: string, { isFreeText }: { readonly isFreeText: boolean }): string => {
  if (plain.test(cell)) return cell;
  const text = trimmed(restoreCell(trimmed(cell).replace(/^="([^"]*)"$/, "$1")));
  return isFreeText ? text : text.replace(/^'/, "").replaceAll(anywhere, "").trim();
};

/** Trims character by character: a regular expression for the end takes quadratic time in a long text with many gaps. */
const trimmed = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && blank.test(text.charAt(start))) start += 1;
  while (start < end && blank.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
};

/** How formulas begin, after blanks and in full-width letters too, and what some programs skip before one. */
const beginning = "(?:\\s*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\\t\\r\\n])";
const month =
  "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\\.?";
/** Texts that a spreadsheet turns into a number, a time or a date, and then writes in another way. */
const value = `\\s*(?:\\d[\\d.,:/\\s-]*(?:e[+-]?\\d+|%|[ap]m)?|\\d{1,4}[ ./-]{0,2}${month}(?:[ ./-]{1,2}\\d{1,4})?|${month}[ ./-]{0,2}\\d{1,4})\\s*$`;
const changeable = new RegExp(`^'*(?:${beginning}|${value})`, "i");
const guarded = new RegExp(`^'+(?:${beginning}|${value})`, "i");

/**
 * Makes a cell safe to open in a spreadsheet and to save there: text that would be taken for a formula, a number or a
 * date gets a leading apostrophe.
 *
 * @see https://owasp.org/www-community/attacks/CSV_Injection
 */
export const guardCell = (text: string): string => (changeable.test(text) ? `'${text}` : text);

/** The exact reverse of {@link guardCell}. */
export const restoreCell = (text: string): string => (guarded.test(text) ? text.slice(1) : text);

export const nulIssue = "holds NUL bytes: save the file as CSV UTF-8 and write this row again";

/**
 * The issue of a cell's text that only files and spreadsheets cause, so the schema cannot name it; undefined if there
 * is none.
 */
const cellIssue = (member: string, text: string): string | undefined => {
  if (text.includes("\0")) return nulIssue;
  return textIssue(member, text);
};

const booleanMembers: ReadonlySet<string> = new Set(["channelConversationalStatusEnabled", "reinstall"]);
const booleanWords = new Map([
  ["true", true],
  ["yes", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["0", false],
]);

/**
 * Turns text columns into a request's input. A word that is not a boolean stays text, so that the schema names it. Text
 * that should be a JSON object and is not stays text too, and is named here, because the schema cannot know why.
 */
export const rowInput = (
  columns: Readonly<Record<string, string>>,
): { readonly input: Record<string, unknown>; readonly issues: readonly InputIssue[] } => {
  const input: Record<string, unknown> = {};
  const issues: InputIssue[] = [];
  for (const [member, text] of Object.entries(columns)) {
    input[member] = typedCell(member, text);
    const message = cellIssue(member, text);
    if (message !== undefined) issues.push({ path: `/${member}`, message });
  }
  for (const [member, message] of jsonMembers) {
    if (typeof input[member] === "string") issues.push({ path: `/${member}`, message });
  }
  return { input, issues };
};

/** Members whose cell is JSON, and the issue of one that is not. */
const jsonMembers = [
  ["metadata", 'must be a JSON object of texts, for example {"customer":"42"}'],
  ["channelWebhooks", 'must be a JSON object such as {"url":"https://…","signingKey":"…"}'],
] as const;

const typedCell = (member: string, text: string): unknown => {
  if (booleanMembers.has(member)) return booleanWords.get(text.toLowerCase()) ?? text;
  return jsonMembers.some(([name]) => name === member) ? (parseObject(text) ?? text) : text;
};

const parseObject = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
