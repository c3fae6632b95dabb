import type { InputIssue } from "../install/input-error.ts";

/** One fault of an input as a line: where, then what is wrong and how to correct it. */
export const issueLine = (
  { path, message }: InputIssue,
  names: ReadonlyMap<string, string> = new Map(),
): string => {
  const member = path.slice(1).replaceAll("~1", "/").replaceAll("~0", "~");
  return member === "" ? message : `${names.get(member) ?? member} ${message}`;
};
