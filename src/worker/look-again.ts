import type { Connectors } from "../bird/connectors.ts";
import type { InstallData } from "../queue/install-data.ts";
import type { Adopt } from "./adopt.ts";
import { type Backoff, backoffMs } from "./backoff.ts";
import { findConnectors } from "./find-connectors.ts";
import type { Run, Step } from "./run.ts";

/** Looked as often as it takes: Bird has no connector of this request. */
export interface NotThere {
  readonly kind: "not_there";
  readonly data: InstallData;
}

export type LookAgain = (run: Run, unanswered: Unanswered) => Promise<Step | NotThere>;

type Unanswered = NonNullable<InstallData["unanswered"]>;

/**
 * Looks for a connector whose create was not answered, several times with growing delays, because a list may
 * lag behind a create. Only when the last look finds nothing may a run post again.
 */
export const createLookAgain = (deps: {
  readonly connectors: Connectors;
  readonly template: string;
  /** `SUBMISSION_LOOK_DELAYS_MS`, counted from when the create must be over. */
  readonly lookDelaysMs: readonly number[];
  readonly backoff: Backoff;
  readonly adopt: Adopt;
  readonly now: () => number;
}): LookAgain => {
  const { now, lookDelaysMs } = deps;
  return async (run, unanswered) => {
    const { sinceMs, looks } = unanswered;
    const data = { ...run.data, clean: run.number };
    const dueMs = sinceMs + (lookDelaysMs[looks] ?? 0);
    if (now() < dueMs) {
      return { kind: "park", untilMs: dueMs, data: { ...data, unanswered, nextActionAtMs: dueMs } };
    }
    const found = await findConnectors(deps, run.data.request);
    if (found.kind === "forbidden") {
      const detail = "The access key may not list connectors: allow it to view /workspaces/*/connectors.";
      return { kind: "fail", failure: { code: "ambiguous_submission", detail }, data };
    }
    if (found.kind !== "found") return lookLater(run, unanswered);
    const adopted = await deps.adopt({ ...run, data }, found.value);
    if (adopted !== undefined) return adopted;
    const nextDelayMs = lookDelaysMs[looks + 1];
    if (nextDelayMs === undefined) {
      const { unanswered: _, ...settled } = data;
      return (settled.attempts ?? 0) < run.maxAttempts
        ? { kind: "not_there", data: settled }
        : { kind: "fail", failure: { code: "bird_unavailable" }, data: settled };
    }
    const untilMs = sinceMs + nextDelayMs;
    return {
      kind: "park",
      untilMs,
      data: { ...data, unanswered: { sinceMs, looks: looks + 1 }, nextActionAtMs: untilMs },
      what: `looked for the connector, not there (${looks + 1} of ${lookDelaysMs.length})`,
    };
  };

  /** Bird cannot be asked just now. This counts as an attempt, so that it ends. */
  function lookLater(run: Run, unanswered: Unanswered): Step {
    const attempts = (run.data.attempts ?? 0) + 1;
    const data = { ...run.data, attempts, clean: run.number, unanswered };
    if (attempts >= run.maxAttempts) return { kind: "fail", failure: { code: "ambiguous_submission" }, data };
    const untilMs = now() + backoffMs(attempts, deps.backoff);
    return {
      kind: "park",
      untilMs,
      data: { ...data, nextActionAtMs: untilMs },
      what: "could not look for the connector: Bird does not answer",
    };
  }
};
