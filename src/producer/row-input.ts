import type { InputIssue } from "../install/input-error.ts";

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
 * Turns text columns into a request's input. A word that is no boolean stays text, so that the schema names
 * it; metadata that is no JSON object stays text too and is named here, because the schema can't know why.
 */
export const rowInput = (
  columns: Readonly<Record<string, string>>,
): { readonly input: Record<string, unknown>; readonly issues: readonly InputIssue[] } => {
  const input = Object.fromEntries(
    Object.entries(columns).map(([member, text]) => [member, typedCell(member, text)]),
  );
  const issues: InputIssue[] = Object.entries(columns)
    .filter(([, text]) => text.includes("\ufffd"))
    .map(([member]) => ({
      path: `/${member}`,
      message: "has characters that are not UTF-8: save the file as CSV UTF-8 and write the cell again",
    }));
  if (typeof input.metadata !== "string") return { input, issues };
  const message = 'must be a JSON object of texts, for example {"customer":"42"}';
  return { input, issues: [...issues, { path: "/metadata", message }] };
};

const typedCell = (member: string, text: string): unknown => {
  if (booleanMembers.has(member)) return booleanWords.get(text.toLowerCase()) ?? text;
  return member === "metadata" ? (parseObject(text) ?? text) : text;
};

const parseObject = (text: string): object | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};
