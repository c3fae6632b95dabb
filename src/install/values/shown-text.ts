/** Controls of a terminal beyond those JSON escapes: U+009B begins a command in some, and U+202E turns text around. */
const unescaped = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** JSON that can be shown anywhere: the same value, in which no character steers a terminal or hides another. */
export const shownJson = (value: unknown, indent?: number): string =>
  (JSON.stringify(value, null, indent) ?? "null").replaceAll(
    unescaped,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** A text without control characters but for its lines and tabs: each of them becomes a space. */
export const withoutControls = (text: string): string => text.replaceAll(/(?![\t\r\n])\p{Cc}/gu, " ");

/** The latest time a `Date` can represent. */
const dateMaxMs = 8.64e15;

/** A time as ISO 8601, UTC. An invalid one becomes 1970, so that the record it belongs to can still be shown. */
export const isoTime = (ms: number): string => new Date(Math.abs(ms) <= dateMaxMs ? ms : 0).toISOString();

/**
 * Whether a text is a whole http or https address, with nothing in it that may not be shown. `https:host` is not,
 * though URL parsers accept it; neither is an address with a user name or password, because addresses are logged.
 */
export const isWebAddress = (text: string): boolean => {
  if (!/^https?:\/\/[^/\\?#@]/i.test(text) || /[\s\p{Cc}\\]/u.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === "" && url.password === "" && !/^[^/?#]*@/.test(afterScheme(text));
};

const afterScheme = (text: string): string => text.slice(text.indexOf("//") + 2);

/** A number with its noun: "1 row", "2 rows". */
export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
