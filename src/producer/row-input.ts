import type { InputIssue } from "../install/input-error.ts";
import { cellFault } from "./cell-fault.ts";

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
 * it; what should be JSON and is no JSON object stays text too and is named here, because the schema can't know why.
 */
export const rowInput = (
  columns: Readonly<Record<string, string>>,
): { readonly input: Record<string, unknown>; readonly issues: readonly InputIssue[] } => {
  const input: Record<string, unknown> = {};
  const issues: InputIssue[] = [];
  for (const [member, text] of Object.entries(columns)) {
    input[member] = typedCell(member, text);
    const message = cellFault(member, text);
    if (message !== undefined) issues.push({ path: `/${member}`, message });
  }
  for (const [member, message] of jsonMembers) {
    if (typeof input[member] === "string") issues.push({ path: `/${member}`, message });
  }
  return { input, issues };
};

/** Members whose cell is JSON, and what is said of one that is not. */
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
