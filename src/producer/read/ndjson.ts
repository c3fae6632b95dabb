import { type InputIssue, pointer } from "../../install/errors/input-error.ts";
import { requestMembers } from "../../install/request.ts";
import { jsonOrUndefined } from "../../install/values/lenient.ts";
import { resultColumns } from "../put/columns.ts";
import type { InputRow } from "../put/enqueue-rows.ts";
import { isStandIn, textIssue } from "./cell-faults.ts";
import { type ColumnOptions, noColumnOptions } from "./column-options.ts";
import type { TableOptions } from "./csv.ts";
import { rowInput } from "./csv-cells.ts";
import {
  createUnreadableLimit,
  ImportFileError,
  limitInput,
  rowWithIssues,
  unreadableRow,
} from "./errors.ts";
import { refuseOtherText } from "./format.ts";
import { type FileLine, overlongIssue, overlongLine } from "./lines.ts";
import { membersOf } from "./names.ts";

const resultMembers: ReadonlySet<string> = new Set(resultColumns);
/** Far more than an install request has; limits how many unknown members are named. */
const membersMax = 100;
const knownMembers: ReadonlySet<string> = new Set(requestMembers);

/** Reads the rows of a file with one JSON object a line. See {@link readRows}. */
export async function* readNdjson(
  blocks: AsyncIterable<readonly FileLine[]>,
  options: TableOptions,
): AsyncGenerator<InputRow, void, undefined> {
  const { columns = noColumnOptions } = options;
  const isKept = (member: string): boolean =>
    options.ignoreUnknownColumns ? knownMembers.has(member) : !resultMembers.has(member);
  const limited = createUnreadableLimit();
  let [row, lineNumber] = [0, 0];
  for await (const lines of blocks) {
    for (const line of lines) {
      lineNumber += 1;
      if (line !== overlongLine && line.trim() === "") continue;
      row += 1;
      if (row === 1 && line !== overlongLine) refuseOtherText(line, "ndjson");
      const read =
        line === overlongLine
          ? unreadableRow(row, overlongIssue)
          : toRow(row, line.trim(), { isKept, columns });
      yield limited({ ...read, line: lineNumber });
    }
  }
  if (row === 0) {
    throw new ImportFileError("The file is empty: write one JSON object a line, one for each number.");
  }
}

interface RowOptions {
  readonly isKept: (member: string) => boolean;
  readonly columns: ColumnOptions;
}

const toRow = (row: number, line: string, { isKept, columns }: RowOptions): InputRow => {
  const value = parseJson(line);
  if (value === undefined) return unreadableRow(row, jsonIssue(line));
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return unreadableRow(
      row,
      "is not a JSON object: write one object with the members of an install request",
    );
  }
  const members = named(Object.entries(value), columns).filter(([member]) => isKept(member));
  if (members.length > membersMax) {
    const count = members.length.toLocaleString("en");
    return unreadableRow(row, `has ${count} members: write only those of an install request`);
  }
  const { input, issues } = limitInput({
    ...rowInput(columns.fill).input,
    ...Object.fromEntries(members.filter(([member, value]) => !isNone(member, value, columns))),
  });
  return rowWithIssues(row, input, [
    ...issues,
    ...Object.entries(input).flatMap(standInIssue),
    ...repeatedIssues(line, input),
  ]);
};

/** Members by our names; another name of a member counts only where the object lacks it. */
const named = (
  members: readonly (readonly [string, unknown])[],
  { map }: ColumnOptions,
): readonly (readonly [string, unknown])[] => {
  if (map.size === 0 && members.every(([name]) => knownMembers.has(name))) return members;
  const known = membersOf(
    members.map(([name]) => name),
    map,
  );
  const own = new Set(members.map(([name]) => name));
  return members.map(([name, value], index) => {
    const member = known[index];
    const isFree = member !== undefined && !own.has(member) && known.indexOf(member) === index;
    return isFree ? [member, value] : [name, value];
  });
};

/** Whether a member stands where there is no value, and may be absent. */
const isNone = (member: string, value: unknown, { fill }: ColumnOptions): boolean => {
  const isFilled = member in fill;
  if (value === null) return isStandIn(member, "null", isFilled);
  return typeof value === "string" && isStandIn(member, value.trim(), isFilled);
};

const standInIssue = ([member, value]: readonly [string, unknown]): InputIssue[] => {
  if (!knownMembers.has(member)) return [];
  const message =
    value === null
      ? "is null: write the value itself"
      : typeof value === "string"
        ? textIssue(member, value.trim())
        : undefined;
  return message === undefined ? [] : [{ path: pointer([member]), message }];
};

const closing = new Map([
  ["{", "}"],
  ["[", "]"],
  ['"', '"'],
]);

/** The parsed value; undefined for text that is not JSON. */
const parseJson = (line: string): unknown => {
  const end = closing.get(line[0] ?? "");
  // An error of the parser takes ten times as long as a valid row.
  return end !== undefined && !line.endsWith(end) ? undefined : jsonOrUndefined(line);
};

/** The parser's own message quotes the line, which may hold a token. */
const jsonIssue = (line: string): string => {
  if (line.includes("\0")) return "holds NUL bytes: save the file as UTF-8 and write the line again";
  if (/[}\]],$/.test(line)) return "is not valid JSON because of the comma after it: remove the comma";
  return "is not valid JSON: write one complete JSON object a line";
};

const repeatedIssues = (line: string, input: Readonly<Record<string, unknown>>): InputIssue[] =>
  repeatedNames(line)
    .filter((name) => Object.hasOwn(input, name))
    .map((name) => ({ path: pointer([name]), message: "is there more than once: keep one of them" }));

/**
 * The names that a JSON object has more than once; a parser silently keeps the last of them.
 *
 * @param json valid JSON.
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-4
 */
const repeatedNames = (json: string): readonly string[] => {
  const seen = new Set<string>();
  const repeated = new Set<string>();
  let level = 0;
  for (const [token, text, colon] of json.matchAll(/("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|[{}[\]]/g)) {
    if (token === "{" || token === "[") level += 1;
    else if (token === "}" || token === "]") level -= 1;
    else if (level === 1 && text !== undefined && colon !== undefined) {
      const name = String(JSON.parse(text));
      if (seen.has(name)) repeated.add(name);
      seen.add(name);
    }
  }
  return [...repeated];
};
