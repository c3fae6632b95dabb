import { setTimeout as pause } from "node:timers/promises";
import type { CrashChild } from "./crash-child.ts";

/** What a life has shown. */
export interface CrashLife {
  /** Every point that was passed, when nobody crashed. */
  readonly points: readonly string[];
  /** Whether the process died at its point; a life may take another turn and never come there. */
  readonly isCrashed: boolean;
}

/** How long an install may take to end, with a crash on its way. */
export const endsWithinMs = 20_000;
/** The last steps of a life come a little after its end is known. */
export const settleMs = 250;

/**
 * Whether the process was killed at its point. One that outlives what it was watched in has missed it, or on a loaded
 * machine has yet to come there: it is killed where it is, so that in either case the role has to start again.
 */
export const diesFirst = async (
  { died, kill }: Pick<CrashChild, "died" | "kill">,
  ended: Promise<unknown>,
): Promise<boolean> => {
  const over = ended.then(
    () => pause(settleMs, "outlived"),
    () => "outlived",
  );
  const end = await Promise.race([died, over]);
  if (end === "outlived") await kill();
  else if (end !== "SIGKILL") throw new Error(`the process ended by ${end} instead of being killed`);
  return end !== "outlived";
};
