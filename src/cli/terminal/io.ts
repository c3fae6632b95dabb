import type { Readable, Writable } from "node:stream";
import type { InputIssue } from "../../install/errors/input-error.ts";
import { shownJson } from "../../install/values/shown-text.ts";

/** Where a command reads and writes: data goes to stdout, progress and errors to stderr. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether stderr is a terminal. */
  readonly isTty: boolean;
  readonly isStdinTty: boolean;
}

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

/** Text that cannot steer a terminal: control characters and changes of writing direction become spaces. */
export const printable = (text: string): string =>
  text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, " ");

/** A row by its number, and by its line where a header alone does not make the difference. */
export const rowName = ({
  row,
  line,
}: {
  readonly row: number;
  readonly line?: number | undefined;
}): string => (line === undefined || line - row <= 1 ? `row ${row}` : `row ${row} (line ${line})`);

/** What a command returns to the shell; 130 is the custom for an interrupt (128 + SIGINT). */
export const exitCode = { done: 0, failed: 1, wrongUsage: 2, interrupted: 130 } as const;

/**
 * One issue of an input as a line: where, then what is wrong and how to correct it.
 *
 * @param names What the caller calls a member, where that is not its name.
 */
export const issueLine = (
  { path, message }: InputIssue,
  names: ReadonlyMap<string, string> = new Map(),
): string => {
  const member = path.slice(1).replaceAll("~1", "/").replaceAll("~0", "~");
  return member === "" ? message : `${names.get(member) ?? member} ${message}`;
};
