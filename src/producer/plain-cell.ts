import { restoreCell } from "./spreadsheet-cell.ts";

/** Characters that show nothing; spreadsheets, chats and web pages leave them around what is copied. */
const invisible = "\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2064\\u2066-\\u2069\\ufeff";
const anywhere = new RegExp(`[${invisible}]`, "g");
/** What most cells are made of; nothing of it is ever taken away. */
const plain = /^\+?[A-Za-z0-9][\w.:-]*$/;
const blank = new RegExp(`[\\s${invisible}]`);

/**
 * A cell's text without what spreadsheets add: space and invisible characters around it, the apostrophe
 * before a formula, and `="…"` around text. A cell that is no free text, such as an id, loses any apostrophe
 * before it and the invisible characters within it too.
 */
export const plainCell = (cell: string, { isFreeText }: { readonly isFreeText: boolean }): string => {
  if (plain.test(cell)) return cell;
  const text = trimmed(restoreCell(trimmed(cell).replace(/^="([^"]*)"$/, "$1")));
  return isFreeText ? text : text.replace(/^'/, "").replaceAll(anywhere, "").trim();
};

/** Character by character: an expression for the end would look at every gap in a long text again and again. */
const trimmed = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && blank.test(text.charAt(start))) start += 1;
  while (start < end && blank.test(text.charAt(end - 1))) end -= 1;
  return text.slice(start, end);
};
