import { installRequestSchema, requestMembers } from "../../install/request.ts";
import { resultColumns } from "../put/columns.ts";
import { parseCsvLine } from "./csv-records.ts";
import { ImportFileError } from "./errors.ts";
import { closeNames, foldName } from "./names.ts";

/** The parsed first line of an import file. */
export interface CsvHeader {
  readonly delimiter: string;
  /** The request's member in each column; undefined for a column that is ignored. */
  readonly members: readonly (string | undefined)[];
}

const delimiters = [",", ";", "\t", "|"] as const;
const membersByName = new Map(requestMembers.map((member) => [foldName(member), member]));
const ignoredNames: ReadonlySet<string> = new Set(resultColumns.map(foldName));
const requiredMembers = Object.entries(installRequestSchema.shape)
  .filter(([, schema]) => !schema.safeParse(undefined).success)
  .map(([member]) => member);
/** With fewer known names the first line may be data, which a message must not repeat. */
const knownNamesMin = 2;
/** Far more than there are known columns, for tables whose columns are mostly ignored. */
const columnsMax = 200;
/** Unknown columns that are named in a message; the others are counted. */
const unknownShownMax = 10;
const listOf = new Intl.ListFormat("en");

/** Whether a line looks like the header of a CSV file. */
export const isCsvHeader = (line: string): boolean => knownCount(bestNames(line).names) >= knownNamesMin;

/**
 * Parses the header: finds the delimiter that yields most known columns, and names everything that is wrong with the
 * names at once.
 *
 * @param options.howToIgnore How to skip unknown columns, as part of a sentence; default: the command's option.
 * @throws {ImportFileError}
 */
export const readCsvHeader = (
  line: string,
  options: { readonly ignoreUnknownColumns: boolean; readonly howToIgnore?: string | undefined },
): CsvHeader => {
  const { delimiter, names } = bestNames(line);
  if (knownCount(names) < knownNamesMin) {
    const isQuoteBroken = delimiters.every((one) => !("cells" in parseCsvLine(line, one)));
    throw new ImportFileError(
      isQuoteBroken
        ? "The first line does not name the columns, because a quote in it is broken: put each name in straight quotes or in none, and close every quote."
        : `The first line does not name the columns: begin the file with ${requiredMembers.join(",")} (separated by commas, semicolons, tabs or "|").`,
    );
  }
  if (names.length > columnsMax) {
    throw new ImportFileError(
      `The header has ${names.length.toLocaleString("en")} columns, and ${columnsMax} are read at most: remove those that are not needed.`,
    );
  }
  const issues = [
    ...(options.ignoreUnknownColumns ? [] : unknownIssue(names, options.howToIgnore)),
    ...repeatedIssue(names),
    ...missingIssue(names),
  ];
  if (issues.length > 0) throw new ImportFileError(`The header ${issues.join("; it ")}.`);
  return { delimiter, members: names.map((name) => membersByName.get(foldName(name))) };
};

/** The names split at the delimiter that yields most known ones. */
const bestNames = (line: string): { readonly delimiter: string; readonly names: readonly string[] } =>
  delimiters
    .map((delimiter) => ({ delimiter, names: namesIn(line, delimiter) }))
    .reduce((best, other) => (knownCount(other.names) > knownCount(best.names) ? other : best));

/** The names between the delimiters, without a spreadsheet's nameless columns at the end. */
const namesIn = (line: string, delimiter: string): readonly string[] => {
  const parsed = parseCsvLine(line, delimiter);
  if (!("cells" in parsed)) return [];
  // A cell over several lines that is not a known name comes from a broken quote, and may hold rows.
  if (parsed.cells.some((name) => name.includes("\n") && !isKnown(name))) return [];
  return parsed.cells.slice(0, parsed.cells.findLastIndex((name) => name !== "") + 1);
};

const isKnown = (name: string): boolean =>
  membersByName.has(foldName(name)) || ignoredNames.has(foldName(name));

const knownCount = (names: readonly string[]): number => names.filter(isKnown).length;

const unknownIssue = (names: readonly string[], howToIgnore = "pass --ignore-unknown-columns"): string[] => {
  const all = names.flatMap((name, index) => (isKnown(name) ? [] : [{ name, column: index + 1 }]));
  if (all.length === 0) return [];
  const more = all.length - unknownShownMax;
  const shown = all.slice(0, unknownShownMax).map(({ name, column }) => describeUnknown(name, column));
  const unknown = more > 0 ? [...shown, `${more.toLocaleString("en")} more`] : shown;
  return [
    `has unknown columns (${listOf.format(unknown)}): correct their names, or ${howToIgnore} to skip them`,
  ];
};

const describeUnknown = (name: string, column: number): string => {
  if (name === "") return `column ${column} without a name`;
  if (!/^[\p{L}\p{N}][\p{L}\p{N} _./#()-]{0,39}$/u.test(name)) return `column ${column}`;
  const meant = closeNames(name, requestMembers);
  return meant.length === 0 ? `"${name}"` : `"${name}", did you mean ${meant.join(" or ")}?`;
};

const repeatedIssue = (names: readonly string[]): string[] => {
  const members = names.map((name) => membersByName.get(foldName(name)));
  const repeated = requestMembers.filter((member) => members.indexOf(member) !== members.lastIndexOf(member));
  return repeated.length === 0
    ? []
    : [`names ${listOf.format(repeated)} more than once: keep one column each`];
};

const missingIssue = (names: readonly string[]): string[] => {
  const present = new Set(names.map(foldName));
  const missing = requiredMembers.filter((member) => !present.has(foldName(member)));
  return missing.length === 0 ? [] : [`lacks ${listOf.format(missing)}: add what is missing as columns`];
};
