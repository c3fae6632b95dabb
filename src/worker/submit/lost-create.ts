import { type InstallData, isOnlySuspected } from "../../queue/installs/data.ts";
import { type RestartWatch, recheckMs } from "../../queue/maintenance/restart-watch.ts";
import type { Run } from "../run.ts";

/** An earlier call may still be on its way for its whole time-out and a little more. */
const callMarginMs = 1000;

type Unanswered = NonNullable<InstallData["unanswered"]>;

/** The data a run goes by, with a create that an earlier run may have lost. */
export interface LostCreate {
  readonly data: InstallData;
  /** Why this run suspects a create that the data do not name, for the timeline. */
  readonly news?: string | undefined;
}

const reasons: Record<NonNullable<Unanswered["why"]>, string> = {
  run_lost: "the run before ended without a word: looking for its connector before any create",
  restarted: "Redis was restarted and may have forgotten a create: looking for its connector first",
  restored:
    "Redis may hold a restored backup: looking for the number before its create (perch doctor says how to end that)",
};

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
export const createDetectLostCreate = (deps: {
  readonly restarts: Pick<RestartWatch, "forgotten">;
  readonly requestTimeoutMs: number;
  /** How often Perch looks at most: `SUBMISSION_LOOK_DELAYS_MS`. */
  readonly looksMax: number;
  readonly now: () => number;
}) => {
  const { restarts, now } = deps;
  const callMaxMs = deps.requestTimeoutMs + callMarginMs;

  /** A create that is known of stays what it is: its reason is not overwritten by a lesser one. */
  const suspect = (
    { data }: Run,
    { why, ...unanswered }: Unanswered & { readonly why: keyof typeof reasons },
  ): LostCreate =>
    data.unanswered === undefined
      ? { data: { ...data, unanswered: { ...unanswered, why } }, news: reasons[why] }
      : { data: { ...data, unanswered: { ...unanswered, why: data.unanswered.why } } };

  /** What Redis may have forgotten of this install, and what it may not know to be a repeat. */
  const doubt = async (run: Run): Promise<LostCreate> => {
    const { unanswered, checkedAtMs = 0 } = run.data;
    const { atMs, recheckUntilMs } = await restarts.forgotten(run.installId);
    const sinceMs = atMs + callMaxMs;
    const why = recheckUntilMs === atMs + recheckMs ? "restored" : "restarted";
    const isForgotten = Math.max(run.queuedAtMs, checkedAtMs) < atMs;
    // Also one with looks that Redis remembers: it may have forgotten the create after them.
    if (isForgotten && (unanswered === undefined || unanswered.sinceMs < sinceMs))
      return suspect(run, { sinceMs, looks: 0, why });
    const isRepeat = checkedAtMs === 0 && run.queuedAtMs < recheckUntilMs;
    if (unanswered !== undefined)
      return isForgotten || isRepeat ? { data: run.data } : { data: withoutSuspicion(run.data) };
    // What was created before the backup was restored is long in Bird's lists: one look will do.
    return isRepeat
      ? suspect(run, { sinceMs, looks: Math.max(0, deps.looksMax - 1), why: "restored" })
      : { data: run.data };
  };

  return async (run: Run): Promise<LostCreate> => {
    // Before what is written down: the run before may have looked to the end and posted again.
    return run.number > 1 && run.data.clean !== run.number - 1
      ? suspect(run, { sinceMs: now() + callMaxMs, looks: 0, why: "run_lost" })
      : doubt(run);
  };
};

/** The doubt is over, because a worker came that knows better, or a person did. */
const withoutSuspicion = (data: InstallData): InstallData => {
  const { unanswered: _, ...rest } = data;
  return isOnlySuspected(data) ? rest : data;
};
