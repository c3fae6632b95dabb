import { requestMembers } from "../../install/request.ts";
import { resultColumns } from "../put/columns.ts";
import { requiredMembers } from "./cell-faults.ts";
import { alsoColumns, type ColumnOptions, noColumnOptions } from "./column-options.ts";
import { parseCsvLine } from "./csv-records.ts";
import { detectColumns, type OnDetected } from "./detected-file.ts";
import { ImportFileError } from "./errors.ts";
import { type HowTo, howToInCommand } from "./how-to.ts";
import { closeNames, foldName, membersOf } from "./names.ts";

/** The parsed first line of an import file. */
export interface CsvHeader {
  readonly delimiter: string;
  /** The request's member in each column; undefined for a column that is ignored. */
  readonly members: readonly (string | undefined)[];
  /** What the file calls a member, where that is another name. */
  readonly headings: ReadonlyMap<string, string>;
}

const delimiters = [",", ";", "\t", "|"] as const;
const ignoredNames: ReadonlySet<string> = new Set(resultColumns.map(foldName));
/** With fewer known names the first line may be data, which a message must not repeat. */
const knownNamesMin = 2;
/** Far more than there are known columns, for tables whose columns are mostly ignored. */
const columnsMax = 200;
/** Unknown columns that are named in a message; the others are counted. */
const unknownShownMax = 10;
/** Characters of a heading that are repeated with an error of its column. */
const headingMax = 60;
const listOf = new Intl.ListFormat("en");

/** What is read besides the names themselves. */
export interface HeaderOptions {
  readonly ignoreUnknownColumns: boolean;
  readonly columns?: ColumnOptions | undefined;
  readonly howTo?: HowTo | undefined;
  readonly onDetected?: OnDetected | undefined;
}

type Map = ColumnOptions["map"];

/** Whether a line looks like the header of a CSV file. */
export const isCsvHeader = (line: string, { map } = noColumnOptions): boolean =>
  knownCount(bestNames(line, map).names, map) >= knownNamesMin;

/**
 * Parses the header: finds the delimiter that yields most known columns, and names everything that is wrong with the
 * names at once.
 *
 * @throws {ImportFileError}
 */
export const readCsvHeader = (line: string, options: HeaderOptions): CsvHeader => {
  const { map } = options.columns ?? noColumnOptions;
  const { delimiter, names } = bestNames(line, map);
  options.onDetected?.({ delimiter, columns: [...detectColumns(names, map)] });
  if (knownCount(names, map) < knownNamesMin) {
    const isQuoteBroken = delimiters.every((one) => !("cells" in parseCsvLine(line, one)));
    throw new ImportFileError(
      isQuoteBroken
        ? "The first line does not name the columns, because a quote in it is broken: put each name in straight quotes or in none, and close every quote."
        : noNames('(separated by commas, semicolons, tabs or "|")'),
    );
  }
  return { delimiter, ...readNames(names, options) };
};

/** @param how How the names are written. */
export const noNames = (how: string): string =>
  `The first line does not name the columns: begin the file with ${requiredMembers.join(",")} ${how}.`;

/**
 * Returns the member in each column of a header, and what the file calls them.
 *
 * @throws {ImportFileError} naming everything that is wrong with the names.
 */
export const readNames = (
  names: readonly string[],
  { ignoreUnknownColumns, columns = noColumnOptions, howTo = howToInCommand }: HeaderOptions,
): Pick<CsvHeader, "members" | "headings"> => {
  if (names.length > columnsMax) {
    throw new ImportFileError(
      `The header has ${names.length.toLocaleString("en")} columns, and ${columnsMax} are read at most: remove those that are not needed.`,
    );
  }
  const members = membersOf(names, columns.map);
  const issues = [
    ...(ignoreUnknownColumns ? [] : unknownIssue(names, members, howTo)),
    ...unmappedIssue(names, columns.map),
    ...repeatedIssue(members),
    ...missingIssue(members, columns, howTo),
  ];
  if (issues.length > 0) throw new ImportFileError(`The header ${issues.join("; it ")}.`);
  const headings = new Map(
    members.flatMap((member, column) => {
      const name = names[column]?.trim() ?? "";
      return member === undefined || foldName(name) === foldName(member)
        ? []
        : [[member, name.slice(0, headingMax)] as const];
    }),
  );
  return { members, headings };
};

/** Whether names are those of a table of numbers. */
export const areNames = (names: readonly string[], map: Map): boolean =>
  knownCount(names, map) >= knownNamesMin;

/** Members that are given for all rows although the file has a column for them, as a sentence. */
export const fillNotes = (
  { members }: Pick<CsvHeader, "members">,
  columns: ColumnOptions = noColumnOptions,
  howTo: HowTo = howToInCommand,
): readonly string[] =>
  alsoColumns(columns, members).map(
    (member) => `The file has a column for ${member}: ${howTo.fill(member)} fills only its empty cells.`,
  );

/** The names split at the delimiter that yields most known ones. */
const bestNames = (
  line: string,
  map: Map,
): { readonly delimiter: string; readonly names: readonly string[] } =>
  delimiters
    .map((delimiter) => ({ delimiter, names: namesIn(line, delimiter, map) }))
    .reduce((best, other) => (isBetter(other.names, best.names, map) ? other : best));

/** Of names that are all unknown, more are better: they may be in another language. */
const isBetter = (others: readonly string[], best: readonly string[], map: Map): boolean => {
  const [count, bestCount] = [knownCount(others, map), knownCount(best, map)];
  return count > bestCount || (bestCount === 0 && count === 0 && others.length > best.length);
};

/** The names between the delimiters, without a spreadsheet's nameless columns at the end. */
const namesIn = (line: string, delimiter: string, map: Map): readonly string[] => {
  const parsed = parseCsvLine(line, delimiter);
  if (!("cells" in parsed)) return [];
  // A cell over several lines that is not a known name comes from a broken quote, and may hold rows.
  if (parsed.cells.some((name) => name.includes("\n") && knownCount([name], map) === 0)) return [];
  return parsed.cells.slice(0, parsed.cells.findLastIndex((name) => name !== "") + 1);
};

const knownCount = (names: readonly string[], map: Map): number => {
  const members = membersOf(names, map);
  return names.filter((name, column) => members[column] !== undefined || ignoredNames.has(foldName(name)))
    .length;
};

const unknownIssue = (
  names: readonly string[],
  members: readonly (string | undefined)[],
  howTo: HowTo,
): string[] => {
  const all = names.flatMap((name, index) =>
    members[index] !== undefined || ignoredNames.has(foldName(name)) ? [] : [{ name, column: index + 1 }],
  );
  if (all.length === 0) return [];
  const more = all.length - unknownShownMax;
  const shown = all.slice(0, unknownShownMax).map(({ name, column }) => describeUnknown(name, column));
  const unknown = more > 0 ? [...shown, `${more.toLocaleString("en")} more`] : shown;
  return [
    `has unknown columns (${listOf.format(unknown)}): correct their names, say what they are with ${howTo.map}, or ${howTo.ignoreColumns} to skip them`,
  ];
};

/** A name that is mapped and not there is misspelt. */
const unmappedIssue = (names: readonly string[], map: Map): string[] => {
  const present = new Set(names.map(foldName));
  const absent = [...map].filter(([name]) => !present.has(name)).map(([, member]) => member);
  return absent.length === 0
    ? []
    : [
        `has no column of the name that is mapped to ${listOf.format(absent)}: write the name as it is in the file`,
      ];
};

const describeUnknown = (name: string, column: number): string => {
  if (name === "") return `column ${column} without a name`;
  if (!/^[\p{L}\p{N}][\p{L}\p{N} _./#()-]{0,39}$/u.test(name)) return `column ${column}`;
  const meant = closeNames(name, requestMembers);
  return meant.length === 0 ? `"${name}"` : `"${name}", did you mean ${meant.join(" or ")}?`;
};

const repeatedIssue = (members: readonly (string | undefined)[]): string[] => {
  const repeated = requestMembers.filter((member) => members.indexOf(member) !== members.lastIndexOf(member));
  return repeated.length === 0
    ? []
    : [`names ${listOf.format(repeated)} more than once: keep one column each`];
};

/** Required members that rows of a file often share. */
const isSameForAll: ReadonlySet<string> = new Set(["workspaceId", "accessToken"]);

const missingIssue = (
  members: readonly (string | undefined)[],
  { fill }: ColumnOptions,
  howTo: HowTo,
): string[] => {
  const missing = requiredMembers.filter((member) => !members.includes(member) && !(member in fill));
  if (missing.length === 0) return [];
  const ways = missing.flatMap((member) => (isSameForAll.has(member) ? [howTo.fill(member)] : []));
  const forAll = ways.length === 0 ? "" : `, or give one value for all rows with ${listOf.format(ways)}`;
  return [`lacks ${listOf.format(missing)}: add what is missing as columns${forAll}`];
};
