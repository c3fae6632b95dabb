import type { Gate } from "../../queue/gate/gate.ts";
import { type InstallData, isOnlySuspected } from "../../queue/installs/data.ts";
import { type RestartWatch, recheckMs } from "../../queue/redis-state/restart-watch.ts";
import type { Run } from "../run.ts";

/**
 * How long after it passed the gate a run may begin to send its create, ms: as long as a call may take, from 1 to 10 s.
 * Short, because the search for a create that a run did not tell of begins only when none can be under way any more.
 */
export const sendWithinMs = (requestTimeoutMs: number): number =>
  Math.min(10_000, Math.max(1000, requestTimeoutMs));

/** Margin added to the time-out of a call that may still be in flight, ms. */
const callMarginMs = 1000;

type Unanswered = NonNullable<InstallData["unanswered"]>;

/** The data of a run, including a create that an earlier run may have lost. */
export interface LostCreate {
  readonly data: InstallData;
  /** Why this run suspects a create that is not in the data, for the timeline. */
  readonly news?: string | undefined;
}

const reasons: Record<NonNullable<Unanswered["why"]>, string> = {
  run_lost: "the run before ended without a word: looking for its connector before any create",
  restarted: "Redis was restarted and may have forgotten a create: looking for its connector first",
  restored:
    "Redis may hold a restored backup: looking for the number before its create (perch doctor says how to end that)",
};

/**
 * Detects creates that may have been sent although the install's data do not say so:
 *
 * - The previous run ended without recording a result, so it may have been killed at any point, also right after a create
 *   that followed its last look. Every create is guarded, the second as the first. The looks count from when such a create
 *   must be over, by the latest run that passed the gate; without one nothing was sent, and the looks only make sure of that.
 * - Redis was restarted after the install was queued, and may have lost the writes of a run.
 * - Redis may hold a restored backup, so an earlier install of the same request may be lost.
 *
 * The first run of an install needs no check in the normal case.
 */
export const createDetectLostCreate = (deps: {
  readonly gate: Pick<Gate, "lastPassed">;
  readonly restarts: Pick<RestartWatch, "forgotten">;
  readonly requestTimeoutMs: number;
  /** Number of looks: the length of `SUBMISSION_LOOK_DELAYS_MS`. */
  readonly looksMax: number;
  readonly now: () => number;
}) => {
  const { gate, restarts, now } = deps;
  const callMaxMs = deps.requestTimeoutMs + callMarginMs;
  /** From the gate until no create of that run can be under way. */
  const overAfterMs = sendWithinMs(deps.requestTimeoutMs) + callMaxMs;

  /** Marks a create as suspected. A create already in the data keeps its reason, and is waited for no shorter. */
  const suspect = (
    { data }: Run,
    { why, ...unanswered }: Unanswered & { readonly why: keyof typeof reasons },
  ): LostCreate => {
    const known = data.unanswered;
    if (known === undefined)
      return { data: { ...data, unanswered: { ...unanswered, why } }, news: reasons[why] };
    const sinceMs = Math.max(known.sinceMs, unanswered.sinceMs);
    return { data: { ...data, unanswered: { ...unanswered, sinceMs, why: known.why } } };
  };

  /** Detects what Redis may have lost: a run of this install, or an earlier install of the same number. */
  const checkRedis = async (run: Run): Promise<LostCreate> => {
    const { unanswered, checkedAtMs = 0 } = run.data;
    const { atMs, recheckUntilMs } = await restarts.forgotten(run.installId);
    const sinceMs = atMs + callMaxMs;
    const why = recheckUntilMs === atMs + recheckMs ? "restored" : "restarted";
    const isForgotten = Math.max(run.queuedAtMs, checkedAtMs) < atMs;
    // Also with recorded looks: the create that followed them may be lost.
    if (isForgotten && (unanswered === undefined || unanswered.sinceMs < sinceMs))
      return suspect(run, { sinceMs, looks: 0, why });
    const isRepeat = checkedAtMs === 0 && run.queuedAtMs < recheckUntilMs;
    if (unanswered !== undefined)
      return isForgotten || isRepeat ? { data: run.data } : { data: withoutSuspicion(run.data) };
    // What was created before the backup was restored is in Bird's list by now: one look is enough.
    return isRepeat
      ? suspect(run, { sinceMs, looks: Math.max(0, deps.looksMax - 1), why: "restored" })
      : { data: run.data };
  };

  return async (run: Run): Promise<LostCreate> => {
    const { clean = 0 } = run.data;
    if (run.runNumber === 1 || clean === run.runNumber - 1) return checkRedis(run);
    // Checked before the recorded state: a run may have finished its looks and sent a create.
    const [passed, restart] = await Promise.all([
      gate.lastPassed(run.installId),
      restarts.forgotten(run.installId),
    ]);
    // Not only the previous run's: that one may have been killed while it looked for the create of an earlier one.
    const overMs = passed !== undefined && passed.runNumber > clean ? passed.atMs + overAfterMs : now();
    // A restart may have forgotten who passed.
    const sinceMs = Math.max(overMs, restart.atMs + callMaxMs);
    return suspect(run, { sinceMs, looks: 0, why: "run_lost" });
  };
};

/** Removes a mere suspicion, once a worker or an operator has ruled out a restored backup. */
const withoutSuspicion = (data: InstallData): InstallData => {
  const { unanswered: _, ...rest } = data;
  return isOnlySuspected(data) ? rest : data;
};
