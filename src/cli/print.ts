import { shownJson } from "../install/shown-text.ts";
import type { Io } from "./io.ts";
import { printable } from "./printable.ts";

/** Prints one line of data to stdout. */
export const printLine = ({ stdout }: Io, text: string): void => {
  stdout.write(`${printable(text)}\n`);
};

/** Prints one line about errors or progress to stderr. */
export const printNote = ({ stderr }: Io, text: string): void => {
  stderr.write(`${printable(text)}\n`);
};

/** Prints a resource of the API to stdout. */
export const printJson = ({ stdout }: Io, resource: unknown): void => {
  stdout.write(`${shownJson(resource, 2)}\n`);
};
