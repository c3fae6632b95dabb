import { type Io, printNote } from "./io.ts";

const limitMax = 1000;

/** Whether a page may have so many items; prints what it may have if not. */
export const isLimit = (io: Io, limit: number): boolean => {
  if (Number.isInteger(limit) && limit >= 1 && limit <= limitMax) return true;
  printNote(io, `--limit must be a whole number from 1 to ${limitMax}.`);
  return false;
};
