import { setTimeout as pause } from "node:timers/promises";

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

/** Whether the process was killed at its point; one that outlives what it was watched in has missed it. */
export const diesFirst = async (died: Promise<string>, ended: Promise<unknown>): Promise<boolean> => {
  const over = ended.then(
    () => pause(settleMs, "outlived"),
    () => "outlived",
  );
  const end = await Promise.race([died, over]);
  if (end === "outlived") return false;
  if (end !== "SIGKILL") throw new Error(`the process ended by ${end} instead of being killed`);
  return true;
};
