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
