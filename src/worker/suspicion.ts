import type { InstallData } from "../queue/install-data.ts";
import type { Run } from "./run.ts";

/** An earlier call may still be on its way for its whole time-out and a little more. */
const callMarginMs = 1000;

/**
 * Writes down that a create may be out although nothing in the install's data says so:
 *
 * - the run before ended without a word, so it may have been killed anywhere;
 * - Redis was started after the install was queued and may have forgotten a run.
 *
 * Costs nothing on the happy way: an install's first run is clean by itself.
 */
export const createSuspicion = (deps: {
  /** When the Redis an install is in may last have forgotten something, Unix ms; 0: never. */
  readonly forgotAtMs: (installId: string) => Promise<number>;
  readonly requestTimeoutMs: number;
  readonly now: () => number;
}) => {
  const { now } = deps;
  const callMaxMs = deps.requestTimeoutMs + callMarginMs;
  return async (run: Run): Promise<InstallData> => {
    const { unanswered, clean, checkedAtMs = 0 } = run.data;
    if (unanswered !== undefined) return run.data;
    if (run.number > 1 && clean !== run.number - 1) {
      return { ...run.data, unanswered: { sinceMs: now() + callMaxMs, looks: 0 } };
    }
    const forgotAtMs = await deps.forgotAtMs(run.installId);
    return Math.max(run.queuedAtMs, checkedAtMs) < forgotAtMs
      ? { ...run.data, unanswered: { sinceMs: forgotAtMs + callMaxMs, looks: 0 } }
      : run.data;
  };
};
