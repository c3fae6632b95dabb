import { oneAtATime } from "../redis/bounded.ts";
import type { Finding } from "./check.ts";
import { checks } from "./checks/index.ts";
import { problemsFirst } from "./fold.ts";
import { runChecks } from "./run-checks.ts";
import { type DoctorDeps, withDoctorContext } from "./with-context.ts";

/** How long a report is returned again, ms: a run opens a connection and asks Bird some ten times. */
const keptMs = 10_000;

/** The findings of one run. */
export interface DoctorReport {
  /** Whether no check fails; some may warn. */
  readonly ok: boolean;
  /** What fails first, then what warns. */
  readonly checks: readonly Finding[];
}

/** Runs every check once. Changes nothing, and leaves no trace in counters. */
export const examine = async (deps: DoctorDeps): Promise<DoctorReport> => {
  const found = await withDoctorContext(deps, (context) => runChecks(checks, context));
  return { ok: found.every(({ status }) => status !== "fail"), checks: problemsFirst(found) };
};

/** A report, and when its run began, Unix ms by this machine's clock. */
export interface DatedReport extends DoctorReport {
  readonly ranAtMs: number;
}

/** A doctor for a process that serves many callers: one run at a time, whose report is returned again for ten seconds. */
export const createDoctor = (
  deps: Omit<DoctorDeps, "workspaceIds">,
): { readonly run: () => Promise<DatedReport> } => {
  const now = deps.now ?? Date.now;
  const run = async (): Promise<DatedReport> => {
    const ranAtMs = now();
    return { ranAtMs, ...(await examine({ ...deps, workspaceIds: [] })) };
  };
  return { run: oneAtATime(run, { youngMs: keptMs, now: () => performance.now() }) };
};
