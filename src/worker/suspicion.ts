import type { InstallData } from "../queue/install-data.ts";
import type { RestartWatch } from "../queue/restart-watch.ts";
import type { Run } from "./run.ts";

/** An earlier call may still be on its way for its whole time-out and a little more. */
const callMarginMs = 1000;

/**
 * Writes down that a create may be out although nothing in the install's data says so:
 *
 * - the run before ended without a word, so it may have been killed anywhere, also right after the create that
 *   followed its last look: every create has the full guard, the second as the first;
 * - Redis was started after the install was queued and may have forgotten a run;
 * - Redis holds a restored backup, so that the request may have come before, and its install be forgotten.
 *
 * Costs nothing on the happy way: an install's first run is clean by itself.
 */
export const createSuspicion = (deps: {
  readonly restarts: Pick<RestartWatch, "forgotten">;
  readonly requestTimeoutMs: number;
  /** How often Perch looks at most: `SUBMISSION_LOOK_DELAYS_MS`. */
  readonly looksMax: number;
  readonly now: () => number;
}) => {
  const { restarts, now } = deps;
  const callMaxMs = deps.requestTimeoutMs + callMarginMs;
  return async (run: Run): Promise<InstallData> => {
    const { unanswered, clean, checkedAtMs = 0 } = run.data;
    // Before what is written down: the run before may have looked to the end and posted again.
    if (run.number > 1 && clean !== run.number - 1) {
      return { ...run.data, unanswered: { sinceMs: now() + callMaxMs, looks: 0 } };
    }
    const { atMs, doubtUntilMs } = await restarts.forgotten(run.installId);
    const sinceMs = atMs + callMaxMs;
    const isForgotten = Math.max(run.queuedAtMs, checkedAtMs) < atMs;
    // So may one that Redis has forgotten, although it remembers looks.
    if (isForgotten && (unanswered === undefined || unanswered.sinceMs < sinceMs))
      return { ...run.data, unanswered: { sinceMs, looks: 0 } };
    if (unanswered !== undefined) return run.data;
    // What was created before the backup was restored is long in Bird's lists: one look will do.
    return checkedAtMs === 0 && run.queuedAtMs < doubtUntilMs
      ? { ...run.data, unanswered: { sinceMs, looks: Math.max(0, deps.looksMax - 1) } }
      : run.data;
  };
};
