import { installRequestSchema, requestMembers } from "../install/request.ts";
import { closeNames } from "./close-names.ts";
import { parseCsvLine } from "./csv-line.ts";
import { foldName } from "./fold-name.ts";
import { ImportFileError } from "./import-file-error.ts";
import { resultColumns } from "./result-columns.ts";

/** What the first line of an import file says. */
export interface CsvHeader {
  readonly delimiter: string;
  /** The request's member in each column; undefined for a column that is ignored. */
  readonly members: readonly (string | undefined)[];
}

const delimiters = [",", ";", "\t"] as const;
const membersByName = new Map(requestMembers.map((member) => [foldName(member), member]));
const ignoredNames: ReadonlySet<string> = new Set(resultColumns.map(foldName));
const requiredMembers = Object.entries(installRequestSchema.shape)
  .filter(([, schema]) => !schema.safeParse(undefined).success)
  .map(([member]) => member);
/** With fewer the first line may be data, which must not be repeated in a message. */
const knownNamesMin = 2;
const listOf = new Intl.ListFormat("en");

/**
 * Reads the header: finds the delimiter by which most columns are known, and says at once everything that
 * is wrong with the names.
 *
 * @throws {ImportFileError}
 */
export const readCsvHeader = (
  line: string,
  options: { readonly ignoreUnknownColumns: boolean },
): CsvHeader => {
  const [best] = delimiters
    .map((delimiter) => ({ delimiter, names: namesIn(line, delimiter) }))
    .sort((a, b) => knownCount(b.names) - knownCount(a.names));
  if (best === undefined || knownCount(best.names) < knownNamesMin) {
    throw new ImportFileError(
      `The first line does not name the columns: begin the file with ${requiredMembers.join(",")} (separated by commas, semicolons or tabs).`,
    );
  }
  const { delimiter, names } = best;
  const faults = [
    ...(options.ignoreUnknownColumns ? [] : unknownFault(names)),
    ...repeatedFault(names),
    ...missingFault(names),
  ];
  if (faults.length > 0) throw new ImportFileError(`The header ${faults.join("; it ")}.`);
  return { delimiter, members: names.map((name) => membersByName.get(foldName(name))) };
};

/** The names between the delimiters; a spreadsheet's nameless columns at the end do not count. */
const namesIn = (line: string, delimiter: string): readonly string[] => {
  const parsed = parseCsvLine(line, delimiter);
  if (!("cells" in parsed)) return [];
  return parsed.cells.slice(0, parsed.cells.findLastIndex((name) => name !== "") + 1);
};

const isKnown = (name: string): boolean =>
  membersByName.has(foldName(name)) || ignoredNames.has(foldName(name));

const knownCount = (names: readonly string[]): number => names.filter(isKnown).length;

const unknownFault = (names: readonly string[]): string[] => {
  const unknown = names.flatMap((name, index) => (isKnown(name) ? [] : [describeUnknown(name, index + 1)]));
  if (unknown.length === 0) return [];
  return [
    `has unknown columns (${listOf.format(unknown)}): correct their names, or pass --ignore-unknown-columns to skip them`,
  ];
};

const describeUnknown = (name: string, column: number): string => {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} _./#()-]{0,39}$/u.test(name)) return `column ${column}`;
  const meant = closeNames(name, requestMembers);
  return meant.length === 0 ? `"${name}"` : `"${name}", did you mean ${meant.join(" or ")}?`;
};

const repeatedFault = (names: readonly string[]): string[] => {
  const members = names.map((name) => membersByName.get(foldName(name)));
  const repeated = requestMembers.filter((member) => members.indexOf(member) !== members.lastIndexOf(member));
  return repeated.length === 0
    ? []
    : [`names ${listOf.format(repeated)} more than once: keep one column each`];
};

const missingFault = (names: readonly string[]): string[] => {
  const present = new Set(names.map(foldName));
  const missing = requiredMembers.filter((member) => !present.has(foldName(member)));
  return missing.length === 0 ? [] : [`lacks ${listOf.format(missing)}: add what is missing as columns`];
};
