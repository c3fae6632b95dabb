import type { InputIssue } from "../install/input-error.ts";

/** Twice what the longest member of an install request may take. */
const memberCharactersMax = 8192;
/** An install request has at most three. */
const levelsMax = 20;
const nameCharactersMax = 100;

/**
 * Takes out of a row's input what is far too large for an install request, and names it, so that hundreds of
 * bad rows waiting to be written down take little memory.
 */
export const boundInput = (
  input: Readonly<Record<string, unknown>>,
): { readonly input: Readonly<Record<string, unknown>>; readonly issues: readonly InputIssue[] } => {
  if (Object.values(input).every(isShortText) && Object.keys(input).every(isShortName)) {
    return { input, issues: [] };
  }
  const members = Object.entries(input);
  const issues = members.flatMap(([name, value]) => {
    const issue = issueOf(name, value);
    return issue === undefined ? [] : [{ name, issue }];
  });
  if (issues.length === 0) return { input, issues: [] };
  const bad = new Set(issues.map(({ name }) => name));
  return {
    input: Object.fromEntries(members.filter(([name]) => !bad.has(name))),
    issues: issues.map(({ issue }) => issue),
  };
};

const isShortText = (value: unknown): boolean =>
  typeof value === "string" && value.length <= memberCharactersMax;

const isShortName = (name: string): boolean => name.length <= nameCharactersMax;

const issueOf = (name: string, value: unknown): InputIssue | undefined => {
  if (!isShortName(name)) {
    return {
      path: "",
      message: `has a member whose name is longer than ${nameCharactersMax} characters: remove it`,
    };
  }
  const path = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  if (isDeeperThan(value, levelsMax)) {
    return { path, message: `is nested more than ${levelsMax} levels deep: write it flat` };
  }
  return isLongerThanMax(value)
    ? { path, message: `is longer than ${memberCharactersMax.toLocaleString("en")} characters: shorten it` }
    : undefined;
};

const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1)));

const isLongerThanMax = (value: unknown): boolean => {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > memberCharactersMax;
};
