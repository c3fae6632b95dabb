import type { InputRow } from "../put/enqueue-rows.ts";
import { requiredMembers } from "./cell-faults.ts";
import { rowInput } from "./csv-cells.ts";
import { ImportFileError, rowWithIssues } from "./errors.ts";
import { memberByName } from "./names.ts";

/** Texts that take the place of cells, by row and member; an empty one empties its cell. */
export type RowEdits = ReadonlyMap<number, Readonly<Record<string, string>>>;

/** Reads edits as a caller names them. @returns what is wrong with them, to be read after their name. */
export const readEdits = (
  edits: readonly { readonly row: number; readonly values: Readonly<Record<string, string>> }[],
): RowEdits | { readonly issue: string } => {
  const byRow = new Map<number, Record<string, string>>();
  for (const { row, values } of edits) {
    if (byRow.has(row)) return { issue: `has row ${row} more than once: keep one` };
    const texts: Record<string, string> = {};
    for (const [name, text] of Object.entries(values)) {
      const member = memberByName(name);
      if (member === undefined)
        return { issue: `has a value for row ${row} that is none of an install request` };
      texts[member] = text.trim();
    }
    byRow.set(row, texts);
  }
  return byRow;
};

/**
 * Rows with cells as they were edited; these are validated like any other.
 *
 * @param options.fill Texts of empty cells, by member.
 * @throws {ImportFileError} at the end, when rows were edited that the input does not have.
 */
export async function* editedRows(
  rows: AsyncIterable<InputRow>,
  { edits, fill }: { readonly edits: RowEdits; readonly fill: Readonly<Record<string, string>> },
): AsyncGenerator<InputRow, void, undefined> {
  const left = new Set(edits.keys());
  let last = 0;
  for await (const row of rows) {
    last = row.row;
    left.delete(row.row);
    const texts = edits.get(row.row);
    yield texts === undefined ? row : edited(row, { texts, fill });
  }
  if (left.size > 0) throw new ImportFileError(noRow([...left], last), { refusesAll: true });
}

const namedMax = 10;

const noRow = (missing: readonly number[], last: number): string => {
  const named = missing.toSorted((one, other) => one - other).slice(0, namedMax);
  const more = missing.length > namedMax ? ` and ${missing.length - namedMax} more` : "";
  return `edits has values for row ${named.join(", ")}${more}, which the file does not have: its last row is ${last}.`;
};

const edited = (
  row: InputRow,
  {
    texts,
    fill,
  }: { readonly texts: Readonly<Record<string, string>>; readonly fill: Readonly<Record<string, string>> },
): InputRow => {
  const given = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
  const filled = { ...fill, ...given };
  const { input: cells, issues } = rowInput(given);
  const kept = Object.entries(Object(row.input)).filter(([member]) => !(member in texts));
  // Of a row that could not be read nothing is known: it is whole again once all that is required is given.
  const isWhole = requiredMembers.every((member) => member in filled);
  const others = ("errors" in row ? row.errors : []).filter(({ path }) => {
    const [, member = ""] = path.split("/");
    return !(member in texts) && !(path === "" && isWhole);
  });
  const input = { ...rowInput(fill).input, ...Object.fromEntries(kept), ...cells };
  return { ...rowWithIssues(row.row, input, [...others, ...issues]), line: row.line };
};
