import { isUlid } from "../../install/values/ids.ts";
import { exitCode, type Io, printJson, printLine, printNote } from "./io.ts";

const limitMax = 1000;

/** Whether there may be such a page of a list; prints what it may be if not. */
export const isPage = (
  io: Io,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
  isCursorText: (text: string) => boolean = isUlid,
): boolean => {
  const isLimit = Number.isInteger(limit) && limit >= 1 && limit <= limitMax;
  if (!isLimit) printNote(io, `--limit must be a whole number from 1 to ${limitMax}.`);
  const isCursor = cursor === undefined || isCursorText(cursor);
  if (!isCursor) printNote(io, "--cursor must be what the page before printed as its next page.");
  return isLimit && isCursor;
};

/**
 * Prints one page of a list: as the API has it with `isJson`, else as a table with how to go on. @returns the exit code.
 *
 * @param how.none What is said of a page without items; undefined: nothing.
 * @param how.note What is said below the table.
 */
export const printPage = <T>(
  io: Io,
  page: { readonly items: readonly T[]; readonly nextCursor?: string | undefined },
  how: {
    readonly isJson: boolean;
    readonly table: (items: readonly T[]) => string;
    readonly none: string | undefined;
    readonly note?: string | undefined;
  },
): number => {
  const { items, nextCursor } = page;
  if (how.isJson) {
    printJson(io, page);
    return exitCode.done;
  }
  if (items.length > 0) io.stdout.write(how.table(items));
  else if (how.none !== undefined) printNote(io, how.none);
  if (how.note !== undefined) printNote(io, how.note);
  if (nextCursor !== undefined) printLine(io, `next page: --cursor ${nextCursor}`);
  return exitCode.done;
};
