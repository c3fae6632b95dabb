import { styleText } from "node:util";
import type { Io } from "./io.ts";

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
  (status: string): string => {
    const color = colors.get(status.trim());
    return color === undefined ? status : styleText(color, status, { stream: stdout });
  };
