import type { InputRow } from "./enqueue-rows.ts";
import { isUnreadable } from "./faulty-row.ts";
import { ImportFileError } from "./import-file-error.ts";

/** A file that goes on like this is not a table, and each of its rows would only fill a report. */
const unreadableMax = 100_000;

/**
 * Hands rows through until too many of them, one after another, cannot be read.
 *
 * @throws {ImportFileError} by what it returns.
 */
export const createUnreadableBound = (): ((row: InputRow) => InputRow) => {
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
