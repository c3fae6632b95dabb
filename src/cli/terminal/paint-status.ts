import { styleText } from "node:util";
import { type Io, printable, printLine } from "./io.ts";

const colors: ReadonlyMap<string, "green" | "red" | "yellow"> = new Map([
  ["completed", "green"],
  ["finished", "green"],
  ["failed", "red"],
  ["held", "yellow"],
  ["retrying", "yellow"],
  ["paused", "yellow"],
  ["cancelled", "yellow"],
  ["ok", "green"],
  ["warn", "yellow"],
  ["fail", "red"],
]);

/**
 * Colours a status on a terminal; Node follows NO_COLOR, FORCE_COLOR and TERM there.
 *
 * @see https://nodejs.org/api/util.html#utilstyletextformat-text-options
 */
export const paintStatus =
  ({ stdout }: Pick<Io, "stdout">) =>
  (status: string, text = status): string => {
    const color = colors.get(status.trim());
    return color === undefined ? text : styleText(color, text, { stream: stdout });
  };

/** Prints what is known of a thing, its first line in the colour of its status. */
export const printOfStatus = (io: Io, status: string, [headline = "", ...facts]: readonly string[]): void => {
  io.stdout.write(`${paintStatus(io)(status, printable(headline))}\n`);
  for (const fact of facts) printLine(io, fact);
};
