import { type InputIssue, pointer } from "../../install/errors/input-error.ts";
import { type InputRow, validateRow } from "../put/enqueue-rows.ts";

/** A file that cannot be imported as a whole. The message is one sentence with the fix, and repeats no cell of the file. */
export class ImportFileError extends Error {
  readonly code = "invalid_file";
  /** Whether rows before the fault count as wrong too, as in a file of another encoding. */
  readonly refusesAll: boolean;

  constructor(message: string, options: ErrorOptions & { readonly refusesAll?: boolean } = {}) {
    super(message, options);
    this.name = "ImportFileError";
    this.refusesAll = options.refusesAll === true;
  }
}

/** A row with the issues its reader found, and with those that validating its input adds. */
export const rowWithIssues = (
  row: number,
  input: Readonly<Record<string, unknown>>,
  issues: readonly InputIssue[],
): InputRow => {
  if (issues.length === 0) return { row, input };
  const named = new Set(issues.map(({ path }) => path));
  const validated = validateRow({ row, input });
  const others = "errors" in validated ? validated.errors.filter(({ path }) => !named.has(path)) : [];
  return { row, input, errors: [...issues, ...others] };
};

const nothing = Object.freeze({});

/** A row of which nothing is kept, because a token could be anywhere in it. */
export const unreadableRow = (row: number, message: string, path = ""): InputRow => ({
  row,
  input: nothing,
  errors: [{ path, message }],
});

const isUnreadable = ({ input }: InputRow): boolean => input === nothing;

/** Twice what the longest member of an install request may take. */
const memberCharactersMax = 8192;
/** An install request has at most three. */
const levelsMax = 20;
const nameCharactersMax = 100;

/**
 * Removes members that are far too large for an install request from a row's input, and names them, so that hundreds of
 * rejected rows waiting to be recorded take little memory.
 */
export const limitInput = (
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
  const path = pointer([name]);
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

/** A file with this many unreadable rows in a row is not a table. */
const unreadableMax = 100_000;

/**
 * Returns each row, and throws once too many consecutive rows are unreadable.
 *
 * @throws {ImportFileError} thrown by the returned function.
 */
export const createUnreadableLimit = (): ((row: InputRow) => InputRow) => {
  let count = 0;
  return (row) => {
    count = isUnreadable(row) ? count + 1 : 0;
    if (count <= unreadableMax) return row;
    const shown = [row.row - 1, unreadableMax].map((number) => number.toLocaleString("en"));
    throw new ImportFileError(
      `The file is not read beyond row ${shown[0]}, because ${shown[1]} rows one after another cannot be read: correct what is named of them, and import it again.`,
    );
  };
};
